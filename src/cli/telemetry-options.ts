import { RECORDS_AT_ONCE } from '../aggregation/aggregator.js';
import type { Config } from '../config/schema.js';
import type { Environment } from '../telemetry/environment.js';
import type { TelemetryOptions } from '../telemetry/start.js';
import { version } from '../version.js';

/** What a worker with this configuration asks of OpenTelemetry. */
export function telemetryOptions(
  { telemetry, scoring }: Pick<Config, 'telemetry' | 'scoring'>,
  environment: Environment,
): TelemetryOptions {
  return {
    version,
    environment,
    prometheus: telemetry.prometheus,
    mostLinks: Math.max(scoring.maxBatchRecords, RECORDS_AT_ONCE),
  };
}

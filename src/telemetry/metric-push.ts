import { diag } from '@opentelemetry/api';
import {
  AggregationTemporality,
  ConsoleMetricExporter,
  type InstrumentType,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { Environment } from './environment.js';
import { temporalityOf } from './temporality.js';

const INTERVAL_MILLIS = 60_000;
const TIMEOUT_MILLIS = 30_000;

/**
 * What sends metrics by itself, as the standard variables say: `OTEL_METRICS_EXPORTER` (`otlp`, `console`), its protocol
 * and its interval. Addresses, headers and certificates the exporters read themselves.
 */
export async function metricPush(environment: Environment): Promise<readonly MetricReader[]> {
  const names = (environment.OTEL_METRICS_EXPORTER || 'otlp').split(',').map((name) => name.trim());
  const exporters = await Promise.all([...new Set(names)].map((name) => exporterOf(name, environment)));
  const exportIntervalMillis = millisIn(environment.OTEL_METRIC_EXPORT_INTERVAL) ?? INTERVAL_MILLIS;
  const timeout = millisIn(environment.OTEL_METRIC_EXPORT_TIMEOUT) ?? TIMEOUT_MILLIS;
  const exportTimeoutMillis = Math.min(timeout, exportIntervalMillis);
  return exporters
    .filter((exporter) => exporter !== undefined)
    .map((exporter) => {
      const reader = { exporter: withLiveGauges(exporter), exportIntervalMillis, exportTimeoutMillis };
      return new PeriodicExportingMetricReader(reader);
    });
}

/** What a gauge tells no more is not sent either; of the rest the exporter, or its variables, decide. */
function withLiveGauges(exporter: PushMetricExporter): PushMetricExporter {
  const chosen = exporter.selectAggregationTemporality?.bind(exporter) ?? temporalityOf;
  exporter.selectAggregationTemporality = (type: InstrumentType) =>
    temporalityOf(type) === AggregationTemporality.DELTA ? AggregationTemporality.DELTA : chosen(type);
  return exporter;
}

async function exporterOf(name: string, environment: Environment): Promise<PushMetricExporter | undefined> {
  switch (name) {
    case 'otlp':
      return otlpExporter(environment);
    case 'console':
      return new ConsoleMetricExporter();
    case 'prometheus':
      diag.warn('OTEL_METRICS_EXPORTER: prometheus is served at the ops port (telemetry.prometheus).');
      return undefined;
    default:
      diag.warn(`OTEL_METRICS_EXPORTER: there is no exporter "${name}"; otlp, console and none are known.`);
      return undefined;
  }
}

async function otlpExporter(environment: Environment): Promise<PushMetricExporter> {
  const protocol =
    environment.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL || environment.OTEL_EXPORTER_OTLP_PROTOCOL || PROTOBUF;
  switch (protocol) {
    case 'grpc': {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc');
      return new OTLPMetricExporter();
    }
    case 'http/json': {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http');
      return new OTLPMetricExporter();
    }
    default: {
      if (protocol !== PROTOBUF)
        diag.warn(`OTEL_EXPORTER_OTLP_PROTOCOL: "${protocol}" is unknown; ${PROTOBUF} is used.`);
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
      return new OTLPMetricExporter();
    }
  }
}

const PROTOBUF = 'http/protobuf';

function millisIn(text: string | undefined): number | undefined {
  const millis = Number(text || Number.NaN);
  return Number.isFinite(millis) && millis > 0 ? millis : undefined;
}

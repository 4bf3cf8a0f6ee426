import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject } from 'ajv';
import { z } from 'zod';

/** Where scripts/deploy-tools.sh puts what deploy/ and telemetry are checked with. */
const FOLDER = process.env.DEPLOY_TOOLS ?? '.cache/deploy-tools';

/** Path of a tool, if it is there; `make deploy-tools` fetches them. */
export function tool(
  name: 'helm' | 'hadolint' | 'compose-spec.json' | 'kubernetes' | 'keda' | 'otelcol' | 'promtool',
): string | undefined {
  const path = join(FOLDER, name);
  return existsSync(path) ? path : undefined;
}

/** For the name of what is skipped. */
export const NEEDED = '(needs make deploy-tools)';

export function jsonFile(path: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')));
}

export function messagesOf(errors: readonly ErrorObject[] | null | undefined): readonly string[] {
  return (errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`,
  );
}

import { spawnSync } from 'node:child_process';

const CANNOT_RUN_HERE = 2;

/**
 * Starts a real Kafka and a real Redis for the tests that need them, unless the environment names running
 * ones, and stops what it started. Where they cannot be had those tests are skipped, with one line that says
 * why; with CI=true that is a failure.
 */
export function setup(): (() => void) | undefined {
  if (process.env.KAFKA_BROKERS !== undefined && process.env.REDIS_URL !== undefined) return undefined;
  const alreadyRan = services('status', 'ignore').status === 0;
  const { status, stdout } = services('up', 'pipe');
  if (status === 0) {
    for (const [, name, value] of stdout.matchAll(/(\w+)=(\S+)/g)) {
      if (name !== undefined) process.env[name] = value;
    }
    return alreadyRan ? undefined : () => void services('down', 'inherit');
  }
  if (status !== CANNOT_RUN_HERE || process.env.CI === 'true') {
    throw new Error('the services for the tests did not start; see the lines above');
  }
  return undefined;
}

function services(verb: string, stdout: 'pipe' | 'inherit' | 'ignore') {
  const { status, stdout: printed } = spawnSync('scripts/services.sh', [verb], {
    stdio: ['ignore', stdout, stdout === 'ignore' ? 'ignore' : 'inherit'],
    encoding: 'utf8',
  });
  return { status, stdout: printed ?? '' };
}

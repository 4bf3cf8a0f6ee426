import { errorType } from './error-type.js';
import { redisDuration } from './instruments.js';

/**
 * Measures a round trip to Redis, by OpenTelemetry's conventions for databases.
 *
 * @param operation a script, or a kind of command: one of few
 */
export async function timedRedis<Reply>(operation: string, trip: () => Promise<Reply>): Promise<Reply> {
  const attributes = { 'db.system.name': 'redis', 'db.operation.name': operation };
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  try {
    const reply = await trip();
    redisDuration.record(seconds(), attributes);
    return reply;
  } catch (error) {
    redisDuration.record(seconds(), { ...attributes, 'error.type': errorType(error) });
    throw error;
  }
}

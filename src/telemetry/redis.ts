import { redisDuration } from './instruments.js';
import { timed } from './timed.js';

/**
 * Measures a round trip to Redis, by OpenTelemetry's conventions for databases.
 *
 * @param operation a script, or a kind of command: one of few
 */
export function timedRedis<Reply>(operation: string, trip: () => Promise<Reply>): Promise<Reply> {
  return timed(redisDuration, { 'db.system.name': 'redis', 'db.operation.name': operation }, trip);
}

import { pino } from 'pino';
import type { Config } from '../config/schema.js';
import type { Logger } from '../contracts/logger.js';

/** JSON lines on standard error: standard output is for results. */
export function createLogger(level: Config['log']['level']): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** What the rooms log with; pino's logger is one. Fields first, then the sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For tests and commands that print only their results. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

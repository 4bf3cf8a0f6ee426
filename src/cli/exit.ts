import { messageOf, SentifluxError } from '../contracts/errors.js';

/**
 * 0 done, 1 it failed while it ran, 2 it was asked for something that cannot be, 75 it stood still and should be
 * started again (EX_TEMPFAIL of sysexits.h).
 */
export const EXIT = { done: 0, failed: 1, usage: 2, startAgain: 75 } as const;

const USAGE_CODES: ReadonlySet<string> = new Set([
  'SF_USAGE',
  'SF_CONFIG_INVALID',
  'SF_CONFIG_UNREADABLE',
  'SF_BRANDS_INVALID',
  'SF_INPUT_UNREADABLE',
  'SF_SOURCE_CURSOR_INVALID',
  'SF_TRAIN_DATA_INVALID',
  'SF_EVALUATE_DATA_INVALID',
]);

/** The status to exit with for an error. */
export function exitStatusOf(error: unknown): number {
  if (!(error instanceof SentifluxError)) return EXIT.failed;
  if (error.code === 'SF_STREAM_STALLED') return EXIT.startAgain;
  return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
}

/** Prints what went wrong as one line and says with which status to exit. */
export function reportError(error: unknown): number {
  if (error instanceof SentifluxError) {
    process.stderr.write(`${error.toLine()}\n`);
    return exitStatusOf(error);
  }
  process.stderr.write(
    `SF_UNEXPECTED ${messageOf(error).replaceAll('\n', ' ')}. Please report this with the lines below.\n`,
  );
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return EXIT.failed;
}

/**
 * Ends the process with the status that was set, once all that was written is out. Not left to Node: what a library has
 * left open would keep a command that is done alive, as a connection that kafkajs opened while it was being closed.
 */
export async function leave(): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((resolve) => stream.write('', resolve));
  }
  process.exit();
}

/**
 * Every code that sentiflux shows to people or programs. One list, so that a code means one thing
 * everywhere: in the log, on the command line, in a dead letter's headers and in the API.
 */
export type ErrorCode =
  // A post that cannot be scored: data, not an exception (see `RejectionCode`).
  | RejectionCode
  // Configuration and command line
  | 'SF_CONFIG_INVALID'
  | 'SF_CONFIG_UNREADABLE'
  | 'SF_BRANDS_INVALID'
  | 'SF_USAGE'
  | 'SF_INPUT_UNREADABLE'
  | 'SF_OUTPUT_UNWRITABLE'
  // Model and engines
  | 'SF_MODEL_INVALID'
  | 'SF_MODEL_UNREADABLE'
  | 'SF_MODEL_BUSY'
  | 'SF_ENGINE_UNAVAILABLE'
  | 'SF_ENGINE_FALLBACK'
  | 'SF_SCORER_FAILED'
  | 'SF_TRAIN_NEEDS_TFJS'
  | 'SF_TRAIN_DATA_INVALID'
  | 'SF_TRAIN_CHECKPOINT_MISMATCH'
  | 'SF_EVALUATE_DATA_INVALID'
  // Streams
  | 'SF_STREAM_UNREACHABLE'
  | 'SF_STREAM_CRASHED'
  | 'SF_STREAM_STALLED'
  | 'SF_STREAM_REFUSED'
  | 'SF_TOPIC_MISSING'
  | 'SF_TOPIC_MISMATCH'
  | 'SF_OFFSET_GAP'
  | 'SF_RESULT_INVALID'
  // Sources of posts
  | 'SF_SOURCE_UNREACHABLE'
  | 'SF_SOURCE_REFUSED'
  | 'SF_SOURCE_CURSOR_INVALID'
  | 'SF_SOURCE_GAP'
  | 'SF_SOURCE_MALFORMED'
  // Schema registry
  | 'SF_REGISTRY_UNREACHABLE'
  | 'SF_REGISTRY_REFUSED'
  // Redis and the jobs in it
  | 'SF_STORE_UNREACHABLE'
  | 'SF_STORE_REFUSED'
  | 'SF_STORE_CONFLICT'
  | 'SF_STORE_DAMAGED'
  | 'SF_DELIVERY_FAILED'
  // API
  | 'SF_LISTEN_FAILED'
  | 'SF_API_BAD_REQUEST'
  | 'SF_API_UNAUTHORIZED'
  | 'SF_API_FORBIDDEN'
  | 'SF_API_NOT_FOUND'
  | 'SF_API_TOO_LARGE'
  | 'SF_API_TOO_MANY'
  | 'SF_API_UNAVAILABLE'
  | 'SF_API_FAILED';

/**
 * Why a record was not scored. Each is final: reading the same bytes again gives the same answer. Only of
 * SF_SCORER_POISON it is not certain: what ended the scorer's thread may not end that of another model or version.
 */
export type RejectionCode =
  | 'SF_POST_TOO_LARGE'
  | 'SF_POST_NOT_UTF8'
  | 'SF_POST_NOT_JSON'
  | 'SF_POST_SCHEMA_UNKNOWN'
  | 'SF_POST_NOT_OF_SCHEMA'
  | 'SF_POST_NO_KEY'
  | 'SF_POST_NO_ID'
  | 'SF_POST_NO_TEXT'
  | 'SF_POST_NO_TIME'
  | 'SF_POST_POISON'
  | 'SF_SCORER_POISON';

export interface SentifluxErrorOptions {
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error that stops a command or the worker: what happened, with which value, and what to do. */
export class SentifluxError extends Error {
  override readonly name = 'SentifluxError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: SentifluxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  /** The one line that the command line prints: `SF_CODE what happened. What to do.` */
  toLine(): string {
    return [`${this.code} ${this.message}`, this.hint].filter(Boolean).join(' ').replaceAll('\n', ' ');
  }
}

/** Anything that was thrown, as an error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The message of anything that was thrown, without a full stop: it becomes part of a sentence. */
export function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\.$/, '');
}

import type { ErrorCode } from './errors.js';

/** Where in the worker a record was given up. */
export const DEAD_LETTER_STAGES = ['decode', 'score', 'aggregate'] as const;
export type DeadLetterStage = (typeof DEAD_LETTER_STAGES)[number];

/** Headers on `posts.dead-letters`; key and value are the original bytes. */
export const DEAD_LETTER_HEADERS = {
  stage: 'sf-stage',
  code: 'sf-error-code',
  message: 'sf-error-message',
  attempts: 'sf-attempts',
  topic: 'sf-source-topic',
  partition: 'sf-source-partition',
  offset: 'sf-source-offset',
  timestamp: 'sf-source-timestamp',
} as const;

export interface DeadLetterReason {
  readonly stage: DeadLetterStage;
  readonly code: ErrorCode;
  readonly message: string;
  readonly attempts: number;
}

/** What the name of every header begins with that sentiflux adds. */
export const OWN_HEADER_PREFIX = 'sf-';

/** On a record that was redriven: how many times that has happened to it. */
export const REDRIVES_HEADER = 'sf-redrives';

/**
 * On a record among the dead letters that is none itself but says which ones were redriven: its value is a JSON
 * list of offsets of its own partition. It has none of the headers above.
 */
export const REDRIVEN_HEADER = 'sf-redriven';

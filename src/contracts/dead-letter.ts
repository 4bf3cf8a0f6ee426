import type { ErrorCode } from './errors.js';

/** Where in the worker a record was given up. */
export type DeadLetterStage = 'decode' | 'score' | 'aggregate';

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

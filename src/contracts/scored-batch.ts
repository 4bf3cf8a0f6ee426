import type { RejectionCode } from './errors.js';
import type { ModelStamp } from './scored-post.js';

/** What became of a record, as a byte in `ScoredBatch.outcomes`. */
export const OUTCOME = { scored: 0, deleted: 1, rejected: 2 } as const;

/** What a scorer thread sends back for one `RecordBatch`: packed like it, plus figures for the metrics. */
export interface ScoredBatch {
  readonly length: number;
  /** One of `OUTCOME` for each record. */
  readonly outcomes: Uint8Array<ArrayBuffer>;
  /** Key (post id) and value (JSON of `ScoredPost`) of each result, packed as in `RecordBatch`; none of what was rejected. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly boundaries: Uint32Array<ArrayBuffer>;
  readonly nulls: Uint8Array<ArrayBuffer>;
  readonly rejections: readonly Rejection[];
  readonly model: ModelStamp;
  /** Tokens scored, without padding. */
  readonly tokens: number;
  readonly prepareMillis: number;
  readonly scoreMillis: number;
}

export interface Rejection {
  /** Index into the batch. */
  readonly index: number;
  readonly code: RejectionCode;
  readonly message: string;
  /** How often the record was tried; once unless told. */
  readonly attempts?: number;
}

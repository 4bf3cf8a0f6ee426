import type { RejectionCode } from '../contracts/errors.js';
import { epochMillis, type PostId } from '../contracts/ids.js';
import type { Flag, Post } from '../contracts/post.js';
import type { PreparedPost } from '../contracts/prepared-post.js';

import { KEY_IS_NULL, VALUE_IS_NULL } from '../contracts/record.js';
import { OUTCOME, type Rejection, type ScoredBatch } from '../contracts/scored-batch.js';
import type { ModelStamp, ScoredPost } from '../contracts/scored-post.js';
import type { TextScore } from '../contracts/text-score.js';
import { createAuthorHasher } from './author-hash.js';
import type { Classification } from './classify.js';
import { isMixed } from './mixed.js';

/** What became of one record, before it is packed. */
export type RecordOutcome =
  | { readonly kind: 'scored'; readonly post: ScoredPost }
  | { readonly kind: 'deleted'; readonly id: PostId }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string };

export interface EncodeOptions {
  readonly model: ModelStamp;
  /** A label less probable than this is flagged `low_confidence`. */
  readonly lowConfidence: number;
  /** Put the text into the result. */
  readonly includeText: boolean;
  /** Secret of the author hash. */
  readonly authorKey: string;
  /** A post this far ahead of its record is flagged `future`. */
  readonly futureToleranceMs: number;
  /** A post this far behind its record is flagged `old`. */
  readonly oldAfterMs: number;
}

export interface Encoder {
  textScore(prepared: PreparedPost, classification: Classification): TextScore;
  /** @param recordTimestamp when the record was written, in ms; tells future and old posts */
  scoredPost(
    post: Post,
    prepared: PreparedPost,
    classification: Classification,
    recordTimestamp: number,
  ): ScoredPost;
}

export function createEncoder(options: EncodeOptions): Encoder {
  const { model, lowConfidence, includeText, authorKey, futureToleranceMs, oldAfterMs } = options;
  const hashAuthor = createAuthorHasher(authorKey);

  const textFlags = (prepared: PreparedPost, { confidence, probabilities }: Classification): Flag[] => {
    const flags: Flag[] = [];
    if (prepared.truncated) flags.push('truncated');
    if (confidence < lowConfidence) flags.push('low_confidence');
    if (isMixed(probabilities)) flags.push('mixed');
    if (prepared.unsupportedLanguage) flags.push('unsupported_language');
    return flags;
  };

  return {
    textScore(prepared, classification) {
      return {
        ...classification,
        language: prepared.language,
        brands: prepared.brands,
        flags: textFlags(prepared, classification),
        model,
      };
    },

    scoredPost(post, prepared, classification, recordTimestamp) {
      const flags = textFlags(prepared, classification);
      if (post.createdAt > recordTimestamp + futureToleranceMs) flags.push('future');
      if (post.createdAt < recordTimestamp - oldAfterMs) flags.push('old');
      const { url, replyTo, reach } = post;
      return {
        v: 1,
        id: post.id,
        revision: epochMillis(Math.trunc(post.updatedAt)),
        createdAt: new Date(post.createdAt).toISOString(),
        source: post.source,
        language: prepared.language,
        brands: [...prepared.brands],
        ...classification,
        flags,
        terms: [...prepared.terms],
        fingerprints: { exact: prepared.exactFingerprint, near: prepared.nearFingerprint },
        ...(post.author !== undefined && { authorHash: hashAuthor(post.author) }),
        ...(url !== undefined && { url }),
        ...(replyTo !== undefined && { replyTo }),
        ...(reach !== undefined && { reach }),
        ...(includeText && { text: post.text }),
        model,
      };
    },
  };
}

/** Memory to write a batch's bytes into; more than this is not kept for the next one. */
const KEPT_BYTES = 1 << 22;
let kept = Buffer.alloc(1 << 16);
/** The most bytes of UTF-8 that a code unit takes. */
const BYTES_OF_A_UNIT = 3;

/** Packs outcomes in the order of the batch; a rejected record has neither key nor value. */
export function packOutcomes(
  outcomes: readonly RecordOutcome[],
): Pick<ScoredBatch, 'length' | 'outcomes' | 'bytes' | 'boundaries' | 'nulls' | 'rejections'> {
  const { length } = outcomes;
  const kinds = new Uint8Array(length);
  const boundaries = new Uint32Array(2 * length + 1);
  const nulls = new Uint8Array(length);
  const rejections: Rejection[] = [];
  let written = kept;
  let size = 0;
  const append = (text: string | null): number => {
    if (text === null) return size;
    const most = size + BYTES_OF_A_UNIT * text.length;
    if (most > written.length) written = Buffer.concat([written.subarray(0, size)], 2 * most);
    size += written.write(text, size, 'utf8');
    return size;
  };
  outcomes.forEach((outcome, i) => {
    kinds[i] = OUTCOME[outcome.kind];
    const [key, value] = keyAndValue(outcome);
    boundaries[2 * i + 1] = append(key);
    boundaries[2 * i + 2] = append(value);
    nulls[i] = (key === null ? KEY_IS_NULL : 0) | (value === null ? VALUE_IS_NULL : 0);
    if (outcome.kind === 'rejected') {
      rejections.push({ index: i, code: outcome.code, message: outcome.message });
    }
  });
  if (written.length <= KEPT_BYTES) kept = written;
  // A buffer of its own, which the way to the main thread can move.
  const bytes = new Uint8Array(written.subarray(0, size));
  return { length, outcomes: kinds, bytes, boundaries, nulls, rejections };
}

function keyAndValue(outcome: RecordOutcome): readonly [string | null, string | null] {
  switch (outcome.kind) {
    case 'scored':
      return [outcome.post.id, JSON.stringify(outcome.post)];
    case 'deleted':
      return [outcome.id, null];
    case 'rejected':
      return [null, null];
  }
}

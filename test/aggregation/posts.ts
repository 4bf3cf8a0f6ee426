import { createHash } from 'node:crypto';
import { countedPost } from '../../src/aggregation/counted-post.js';
import type { PositionedRecord, ScoredRecords } from '../../src/aggregation/decode-scored.js';
import { assignmentEpoch, brandId, epochMillis, postId } from '../../src/contracts/ids.js';
import type { Label } from '../../src/contracts/labels.js';
import type { RecordBatch, SourceRecord } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { type ScoredPost, SOURCE_HEADERS } from '../../src/contracts/scored-post.js';

/** An hour, ten minutes and so on begin here, so that the tests' times read easily. */
export const NOON = Date.UTC(2026, 0, 15, 12);

export interface PostLike {
  readonly id: string;
  /** Milliseconds after noon. */
  readonly at?: number;
  readonly revision?: number;
  readonly label?: Label;
  readonly polarity?: number;
  readonly brands?: readonly string[];
  readonly source?: string;
  readonly reach?: number;
  readonly text?: string;
  /** SimHash; of the text by default. */
  readonly near?: string;
  readonly author?: string;
  readonly terms?: readonly string[];
  readonly language?: string;
}

const POLARITY = { negative: -0.8, neutral: 0.1, positive: 0.7 } as const;

export function scoredPost(like: PostLike): ScoredPost {
  const { id, at = 0, label = 'neutral', text = id } = like;
  return {
    v: 1,
    id: postId(id),
    revision: epochMillis(like.revision ?? NOON + at),
    createdAt: new Date(NOON + at).toISOString(),
    source: like.source ?? 'forum',
    language: like.language ?? 'en',
    brands: (like.brands ?? []).map(brandId),
    label,
    probabilities: { negative: 0.2, neutral: 0.3, positive: 0.5 },
    polarity: like.polarity ?? POLARITY[label],
    confidence: 0.5,
    flags: [],
    terms: [...(like.terms ?? [])],
    fingerprints: { exact: fingerprint(text), near: like.near ?? spreadFingerprint(text) },
    ...(like.author !== undefined && { authorHash: like.author }),
    ...(like.reach !== undefined && { reach: like.reach }),
    model: { version: 'm1', engine: 'onnx', precision: 'float32' },
  };
}

/** A result that came from the source record of the same offset, written when the post was created. */
export function scored(
  offset: number,
  like: PostLike,
  sourceTimestamp = NOON + (like.at ?? 0),
): PositionedRecord {
  return {
    offset,
    sourceOffset: offset,
    sourceTimestamp: epochMillis(sourceTimestamp),
    kind: 'scored',
    post: countedPost(scoredPost(like)),
  };
}

export function deleted(offset: number, id: string): PositionedRecord {
  return {
    offset,
    sourceOffset: offset,
    sourceTimestamp: epochMillis(NOON),
    kind: 'deleted',
    id: postId(id),
  };
}

export function batchOf(records: readonly PositionedRecord[], partition = 0): ScoredRecords {
  return { partition, records, invalid: [], nextOffset: (records.at(-1)?.offset ?? -1) + 1 };
}

/** As a stream gives it, with the source's coordinates in the headers. */
export function recordBatch(
  values: ReadonlyArray<Partial<SourceRecord> & { readonly source?: string }>,
): RecordBatch {
  const records = values.map(
    (value, offset): SourceRecord => ({
      topic: 'sentiment.scored',
      partition: 3,
      offset,
      timestamp: epochMillis(NOON),
      key: Buffer.from('key'),
      value: null,
      headers: {
        [SOURCE_HEADERS.offset]: Buffer.from(value.source ?? String(100 + offset)),
        [SOURCE_HEADERS.timestamp]: Buffer.from(String(NOON)),
      },
      ...value,
    }),
  );
  return packRecords(records, assignmentEpoch(1));
}

/** Bits that tell nothing of the text, so that two texts are no near-duplicates. */
function spreadFingerprint(text: string): string {
  return createHash('sha1').update(text).digest('hex').slice(0, 16);
}

function fingerprint(text: string): string {
  return Buffer.from(text).toString('hex').padStart(16, '0').slice(-16);
}

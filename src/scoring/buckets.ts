import type { TokenBatch } from '../contracts/token-batch.js';

/** Most rows in one batch: more gains no speed, and its states no longer fit the cache. */
const MAX_ROWS = 64;
/** A batch ends where its longest row would be padded for more than this share of the batch. */
const MAX_PADDING = 0.2;

/** Rows to score together, and where each belongs. */
export interface Bucket {
  /** Index, into the posts given, of each row. */
  readonly indices: readonly number[];
  readonly batch: TokenBatch;
}

/**
 * Cuts posts into batches of like length: an engine works as long on padding as on tokens.
 *
 * @param posts the token ids of each, at least one
 */
export function bucketByLength(posts: readonly Int32Array[]): readonly Bucket[] {
  const lengthOf = (index: number): number => posts[index]?.length ?? 0;
  const byLength = posts.map((_, index) => index).sort((a, b) => lengthOf(b) - lengthOf(a));
  const buckets: Bucket[] = [];
  let start = 0;
  let tokens = 0;
  byLength.forEach((index, position) => {
    const rows = position - start + 1;
    const width = lengthOf(byLength[start] ?? index);
    const padding = 1 - (tokens + lengthOf(index)) / (rows * width);
    if (rows > MAX_ROWS || padding > MAX_PADDING) {
      buckets.push(packRows(posts, byLength.slice(start, position)));
      start = position;
      tokens = 0;
    }
    tokens += lengthOf(index);
  });
  if (start < byLength.length) buckets.push(packRows(posts, byLength.slice(start)));
  return buckets;
}

function packRows(posts: readonly Int32Array[], indices: readonly number[]): Bucket {
  const rows = indices.map((index) => posts[index] ?? new Int32Array());
  const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
  const tokens = new Int32Array(rows.length * width);
  for (const [i, row] of rows.entries()) tokens.set(row, i * width);
  return {
    indices,
    batch: { rows: rows.length, width, tokens, lengths: Int32Array.from(rows, (row) => row.length) },
  };
}

// What every Node peer is given, and what it writes: posts.py says the same for those in Python.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const LABELS = ['negative', 'neutral', 'positive'];
// More rows gain no speed on these engines.
const BATCH_ROWS = 64;

/** The flags that test/bench/peers.ts passes. */
export function givenFlags() {
  const flags = ['brokers', 'group', 'input', 'output', 'posts', 'tokens', 'model'];
  const { values } = parseArgs({
    options: Object.fromEntries(flags.map((flag) => [flag, { type: 'string' }])),
  });
  return { ...values, posts: Number(values.posts) };
}

/** The tokens of each post, cut beforehand by sentiflux: post-7 has those between the offsets 7 and 8. */
export function readTokenTable(folder) {
  const tokens = readInt32(join(folder, 'tokens.i32'));
  const offsets = readInt32(join(folder, 'offsets.i32'));
  return ({ id }) => {
    const index = Number(id.slice('post-'.length));
    return tokens.subarray(offsets[index], offsets[index + 1]);
  };
}

function readInt32(file) {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Int32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** Cuts rows of tokens, longest first, into batches that need little padding: the indices and the width of each. */
export function* batchesByLength(rows) {
  const order = rows.map((_, index) => index).sort((a, b) => rows[b].length - rows[a].length);
  for (let start = 0; start < order.length; start += BATCH_ROWS) {
    const indices = order.slice(start, start + BATCH_ROWS);
    yield { indices, width: rows[indices[0]].length };
  }
}

/** What a peer says of a post, from its three logits. */
export function resultOf(post, logits) {
  const largest = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return {
    id: post.id,
    createdAt: post.createdAt,
    label: LABELS[logits.indexOf(largest)],
    probabilities: Object.fromEntries(LABELS.map((label, i) => [label, exponentials[i] / sum])),
  };
}

import type { TokenBatch } from '../contracts/token-batch.js';
import type { Random } from './random.js';
import { shuffle } from './random.js';
import type { SoftLabel } from './soft-labels.js';

/** A post to learn from. */
export interface Example {
  readonly tokens: Int32Array;
  /** Index into `LABELS`; none where only a teacher has labelled it. */
  readonly label: number | undefined;
  /** A teacher's logits, if one has. */
  readonly softLabel: SoftLabel | undefined;
  /** True where its set knows negative and positive only: then those two compete alone. */
  readonly twoClass: boolean;
  readonly weight: number;
}

export interface Batch extends TokenBatch {
  readonly examples: readonly Example[];
}

/** Batches are drawn from runs of this many, sorted by length, so that little is padded and order stays random. */
const BATCHES_A_RUN = 40;

/** Cuts examples into batches of like length, in random order. */
export function* batchesOf(examples: readonly Example[], size: number, random: Random): Generator<Batch> {
  const order = shuffle([...examples], random);
  for (let start = 0; start < order.length; start += size * BATCHES_A_RUN) {
    const run = order
      .slice(start, start + size * BATCHES_A_RUN)
      .sort((a, b) => a.tokens.length - b.tokens.length);
    const batches: Batch[] = [];
    for (let i = 0; i < run.length; i += size) batches.push(padded(run.slice(i, i + size)));
    yield* shuffle(batches, random);
  }
}

function padded(examples: readonly Example[]): Batch {
  const rows = examples.length;
  const width = examples.reduce((longest, { tokens }) => Math.max(longest, tokens.length), 1);
  const tokens = new Int32Array(rows * width);
  const lengths = new Int32Array(rows);
  examples.forEach((example, row) => {
    tokens.set(example.tokens, row * width);
    lengths[row] = example.tokens.length;
  });
  return { rows, width, tokens, lengths, examples };
}

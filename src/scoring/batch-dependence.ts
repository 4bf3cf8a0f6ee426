import { LABELS } from '../contracts/labels.js';
import { softmax } from '../model/softmax.js';
import { bucketByLength } from './buckets.js';
import type { ScoringEngine } from './engine.js';

/** Most posts that a random batching puts together, as many as come with a record batch. */
const MOST_POSTS = 256;

/** How far a post's score depends on the posts that happen to be scored with it. */
export interface BatchDependence {
  readonly posts: number;
  readonly batchings: number;
  /** Largest difference between two probabilities that one post got for one label. */
  readonly largestChange: number;
  /** Share of all scorings that gave a post another label than it has alone. */
  readonly flippedShare: number;
}

export interface BatchingOptions {
  readonly batchings: number;
  /** The bundle's. */
  readonly temperature: number;
  /** Numbers from 0, less than 1. */
  readonly random: () => number;
}

/**
 * Scores posts one by one and then over and over in random company: shuffled, in batches of random sizes, each cut
 * by length as in the worker.
 *
 * An int8 LSTM takes one scale for all activations of a batch, so a post's score moves a little with its company;
 * in float32 it must not.
 *
 * @param posts the token ids of each, at least one
 */
export async function measureBatchDependence(
  engine: ScoringEngine,
  posts: readonly Int32Array[],
  options: BatchingOptions,
): Promise<BatchDependence> {
  const { batchings, temperature, random } = options;
  const everyPost = posts.map((_, index) => index);
  const alone = await scoreAll(
    engine,
    posts,
    everyPost.map((index) => [index]),
    temperature,
  );
  const least = Float64Array.from(alone);
  const most = Float64Array.from(alone);
  let flipped = 0;
  for (let batching = 0; batching < batchings; batching += 1) {
    const together = await scoreAll(engine, posts, randomBatches(everyPost, random), temperature);
    together.forEach((probability, i) => {
      least[i] = Math.min(least[i] ?? probability, probability);
      most[i] = Math.max(most[i] ?? probability, probability);
    });
    flipped += everyPost.filter((post) => labelOf(together, post) !== labelOf(alone, post)).length;
  }
  return {
    posts: posts.length,
    batchings,
    largestChange: most.reduce((largest, value, i) => Math.max(largest, value - (least[i] ?? value)), 0),
    flippedShare: flipped / Math.max(1, batchings * posts.length),
  };
}

/** @returns probabilities, [posts × 3] */
async function scoreAll(
  engine: ScoringEngine,
  posts: readonly Int32Array[],
  batches: readonly (readonly number[])[],
  temperature: number,
): Promise<Float64Array> {
  const probabilities = new Float64Array(posts.length * LABELS.length);
  for (const members of batches) {
    for (const { indices, batch } of bucketByLength(members.map((post) => posts[post] ?? new Int32Array()))) {
      const logits = await engine.score(batch);
      indices.forEach((member, row) => {
        const own = logits.subarray(row * LABELS.length, (row + 1) * LABELS.length);
        probabilities.set(
          softmax(Array.from(own, (logit) => logit / temperature)),
          (members[member] ?? 0) * LABELS.length,
        );
      });
    }
  }
  return probabilities;
}

function randomBatches(posts: readonly number[], random: () => number): readonly (readonly number[])[] {
  const shuffled = posts
    .map((post) => ({ post, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ post }) => post);
  const batches: number[][] = [];
  while (shuffled.length > 0) batches.push(shuffled.splice(0, 1 + Math.floor(random() * MOST_POSTS)));
  return batches;
}

function labelOf(probabilities: Float64Array, post: number): number {
  const own = probabilities.subarray(post * LABELS.length, (post + 1) * LABELS.length);
  return own.indexOf(Math.max(...own));
}

import type { PostId } from '../contracts/ids.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { areNear, type SimHash } from './sim-hash.js';

/** More than are shown, so that deletions leave enough. */
const SAMPLES_KEPT = 8;
export const SAMPLES_SHOWN = 5;
/** A longer id is left out: a window names posts, it does not carry them. */
const MAX_ID_LENGTH = 256;

/** A post that a window names. */
export interface Sample {
  readonly id: PostId;
  /** Where it was counted, of a post that somebody wants to follow. */
  readonly traceparent?: Traceparent | undefined;
}

/** A negative post that repeats no other. */
export interface NegativePost extends Sample {
  readonly polarityMicros: number;
}

/** A text that came again, with one of the posts that repeat it. */
export interface RepeatedPost extends Sample {
  readonly near: SimHash;
  repeats: number;
}

/**
 * Keeps the most negative posts, in order.
 *
 * @returns whether the post is one of them
 */
export function addNegative(
  posts: NegativePost[],
  { id, traceparent }: Sample,
  polarityMicros: number,
): boolean {
  const last = posts[SAMPLES_KEPT - 1];
  if (id.length > MAX_ID_LENGTH || (last !== undefined && compare(last, id, polarityMicros) <= 0))
    return false;
  const at = posts.findIndex((kept) => compare(kept, id, polarityMicros) > 0);
  posts.splice(at === -1 ? posts.length : at, 0, { id, polarityMicros, traceparent });
  posts.length = Math.min(posts.length, SAMPLES_KEPT);
  return true;
}

function compare(post: NegativePost, id: PostId, polarityMicros: number): number {
  return post.polarityMicros - polarityMicros || (post.id < id ? -1 : post.id > id ? 1 : 0);
}

/**
 * Counts a repeat of a text. Where too many texts are repeated, all counts fall by one and those that come to none
 * leave (Misra and Gries 1982): what is repeated most stays.
 */
export function addRepeat(
  texts: RepeatedPost[],
  { id, near, traceparent }: Omit<RepeatedPost, 'repeats'>,
): void {
  const known = texts.find((text) => areNear(text.near, near));
  if (known !== undefined) known.repeats += 1;
  else if (texts.length < SAMPLES_KEPT) {
    if (id.length <= MAX_ID_LENGTH) texts.push({ id, near, traceparent, repeats: 1 });
  } else {
    for (const text of texts) text.repeats -= 1;
    texts.splice(0, texts.length, ...texts.filter(({ repeats }) => repeats > 0));
  }
}

/** Takes a post that was deleted or edited out of the samples; no other one comes in its place. */
export function removeSample(posts: Array<{ readonly id: PostId }>, id: PostId): void {
  const at = posts.findIndex((post) => post.id === id);
  if (at !== -1) posts.splice(at, 1);
}

export function mergeNegative(into: NegativePost[], others: readonly NegativePost[]): void {
  for (const post of others) addNegative(into, post, post.polarityMicros);
}

export function mergeRepeats(into: RepeatedPost[], others: readonly RepeatedPost[]): void {
  for (const other of others) {
    const known = into.find((text) => areNear(text.near, other.near));
    if (known === undefined) into.push({ ...other });
    else known.repeats += other.repeats;
  }
}

import type { Contribution } from './contribution.js';
import { EVERYWHERE, standingIn } from './distinct.js';
import { addName, countName } from './names.js';
import { addNumbers, addTraits, countNumbers, noCounts, type PostTraits, type Sums } from './sums.js';

const NAMES = ['sources', 'languages', 'models'] as const;

/**
 * Counts the posts of a brand and of ten seconds into their windows of all sizes. What can be added up is counted once,
 * and added to the sums of each size when the batch ends.
 */
export class Tally {
  readonly #counts = noCounts();
  /** In the order of `TIERS`. */
  readonly #sums: readonly Sums[];

  constructor(sums: readonly Sums[]) {
    this.#sums = sums;
  }

  /** @param tiers in whose windows it is one of `distinct`, as `distinctnessOf` tells */
  add(post: Contribution, traits: PostTraits, tiers: number): void {
    countNumbers(this.#counts, post, 1, tiers === EVERYWHERE);
    this.#addName('sources', post.source);
    this.#addName('languages', post.language);
    this.#addName('models', post.model);
    for (let tier = 0; tier < this.#sums.length; tier += 1) {
      const sums = this.#sums[tier];
      if (sums === undefined) continue;
      const standing = standingIn(tiers, tier);
      if (standing === 'distinct' && tiers !== EVERYWHERE) sums.distinct[post.label] += 1;
      addTraits(sums, post, traits, standing, tier > 0);
    }
  }

  /** A window tells the first names apart and no others, so a new one takes its place when it comes. */
  #addName(kind: (typeof NAMES)[number], name: string): void {
    if (!addName(this.#counts[kind], name, 1)) return;
    for (const sums of this.#sums) countName(sums[kind], name, 0);
  }

  /** Adds to the sums what was counted; to be called once. */
  settle(): void {
    for (const sums of this.#sums) {
      addNumbers(sums, this.#counts);
      for (const kind of NAMES) {
        this.#counts[kind].forEach((count, name) => {
          countName(sums[kind], name, count);
        });
      }
    }
  }
}

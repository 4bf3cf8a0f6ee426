import { type AlertRule, configSchema } from '../../src/config/schema.js';
import { type BrandId, brandId, type EpochMillis, epochMillis } from '../../src/contracts/ids.js';
import { TIER_MILLIS, type Tier, type WindowAggregate } from '../../src/contracts/window.js';
import type { WindowQuery, WindowReader } from '../../src/contracts/window-reader.js';

export const acme = brandId('acme');
/** The rule that runs where the configuration names none. */
export const defaultRule = ruleByDefault();
/** A multiple of every tier. */
export const feedStart = epochMillis(Date.UTC(2026, 2, 2));

/** Numbers from 0 to 1, the same for a seed on every machine (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A count with this mean, as posts that come independently give it. */
export function poisson(mean: number, random: () => number): number {
  // Knuth's method in pieces of 30, above which the limit would underflow.
  let count = 0;
  for (let rest = mean; rest > 0; rest -= 30) {
    const limit = Math.exp(-Math.min(rest, 30));
    for (let product = random(); product > limit; product *= random()) count += 1;
  }
  return count;
}

export interface WindowCounts {
  readonly negative: number;
  readonly neutral?: number;
  readonly complete?: boolean;
}

/** A closed window; `slot` counts from `feedStart`. */
export function windowAt(slot: number, counts: WindowCounts, brand: BrandId = acme, tier: Tier = '5m') {
  const { negative, neutral = 0, complete = true } = counts;
  const start = epochMillis(feedStart + slot * TIER_MILLIS[tier]);
  const posts = negative + neutral;
  return {
    v: 1,
    brand,
    tier,
    start,
    end: epochMillis(start + TIER_MILLIS[tier]),
    posts,
    negative,
    neutral,
    positive: 0,
    polaritySum: -negative,
    reach: 0,
    bySource: { forum: posts },
    byLanguage: { en: posts },
    byModel: { m1: posts },
    revision: 0,
    complete,
    final: false,
  } satisfies WindowAggregate;
}

/** End of a slot of the 5-minute tier. */
export function slotEnd(slot: number): EpochMillis {
  return epochMillis(feedStart + (slot + 1) * TIER_MILLIS['5m']);
}

/** Windows as the aggregate role would have closed them, up to a watermark that the test moves. */
export class ScriptedReader implements Pick<WindowReader, 'windows' | 'watermark'> {
  reached: EpochMillis | undefined;
  readonly #windows: readonly WindowAggregate[];

  constructor(windows: readonly WindowAggregate[]) {
    this.#windows = windows.filter(({ posts }) => posts > 0);
  }

  async windows({ brand, tier, from, to }: WindowQuery) {
    return this.#windows.filter(
      (window) =>
        window.brand === brand &&
        window.tier === tier &&
        window.start >= from &&
        window.start < to &&
        window.end <= (this.reached ?? 0),
    );
  }

  async watermark() {
    return this.reached;
  }
}

/** Negative counts a slot of the 5-minute tier, from slot 0. */
export function feed(negatives: readonly number[], brand: BrandId = acme): readonly WindowAggregate[] {
  return negatives.map((negative, slot) => windowAt(slot, { negative }, brand));
}

function ruleByDefault(): AlertRule {
  const [rule] = configSchema.parse({}).alerting.rules;
  if (rule === undefined) throw new Error('the configuration has a rule by default');
  return rule;
}

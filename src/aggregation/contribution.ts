import { z } from 'zod';
import { type BrandId, brandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { LABELS, type Label } from '../contracts/labels.js';
import type { ScoredPost } from '../contracts/scored-post.js';

/** Where a post went: into windows (`late`: they were closed before), or into a counter only. */
export const PLACES = ['counted', 'late', 'future', 'old'] as const;
export type Place = (typeof PLACES)[number];

/**
 * What a post added to the counts: kept for the retraction horizon, so that an edit or a deletion takes
 * away exactly that.
 */
export interface Contribution {
  readonly kind: 'post';
  readonly place: Place;
  readonly revision: EpochMillis;
  readonly time: EpochMillis;
  readonly label: Label;
  /** Polarity in millionths: sums of integers are exact and do not depend on their order. */
  readonly polarityMicros: number;
  readonly reach: number;
  readonly source: string;
  readonly language: string;
  readonly model: string;
  readonly brands: readonly BrandId[];
  /** Of the normalised text. */
  readonly fingerprint: string;
}

/** Stands for a deleted post, so that an old revision of it that comes again is not counted. */
export interface Tombstone {
  readonly kind: 'deleted';
  readonly revision: EpochMillis;
}

export type Remembered = Contribution | Tombstone;

export const POLARITY_SCALE = 1_000_000;
/** More than there are people; keeps every sum of a batch a safe integer. */
const MAX_REACH = 10_000_000_000;
/** Names are dimensions of every window: a broken producer must not fill the store with long ones. */
const MAX_NAME_LENGTH = 64;

export function contributionOf(post: ScoredPost, place: Place): Contribution {
  return {
    kind: 'post',
    place,
    revision: post.revision,
    time: epochMillis(Date.parse(post.createdAt)),
    label: post.label,
    polarityMicros: Math.round(post.polarity * POLARITY_SCALE),
    reach: Math.min(Math.round(post.reach ?? 0), MAX_REACH),
    source: post.source.slice(0, MAX_NAME_LENGTH),
    language: post.language.slice(0, MAX_NAME_LENGTH),
    model: post.model.version.slice(0, MAX_NAME_LENGTH),
    brands: post.brands.length < 2 ? post.brands : [...new Set(post.brands)],
    fingerprint: post.fingerprints.exact,
  };
}

/**
 * True where a later revision says nothing new. Label and polarity do not decide: the same text can score a
 * little differently in another batch or by another model.
 */
export function sameContent(a: Contribution, b: Contribution): boolean {
  return a.fingerprint === b.fingerprint && a.time === b.time && a.source === b.source && a.reach === b.reach;
}

const packedSchema = z.union([
  z
    .tuple([z.number()])
    .transform(([revision]): Remembered => ({ kind: 'deleted', revision: epochMillis(revision) })),
  z
    .tuple([
      z.number(),
      z.enum(PLACES),
      z.number(),
      z.enum(LABELS),
      z.number(),
      z.number(),
      z.string(),
      z.string(),
      z.string(),
      z.array(z.string()),
      z.string(),
    ])
    .transform(
      ([
        revision,
        place,
        time,
        label,
        polarityMicros,
        reach,
        source,
        language,
        model,
        brands,
        fingerprint,
      ]): Remembered => ({
        kind: 'post',
        place,
        revision: epochMillis(revision),
        time: epochMillis(time),
        label,
        polarityMicros,
        reach,
        source,
        language,
        model,
        brands: brands.map(brandId),
        fingerprint,
      }),
    ),
]);

/** As a store keeps it: a JSON array, revision first. */
export function packRemembered(remembered: Remembered): string {
  if (remembered.kind === 'deleted') return JSON.stringify([remembered.revision]);
  return JSON.stringify([
    remembered.revision,
    remembered.place,
    remembered.time,
    remembered.label,
    remembered.polarityMicros,
    remembered.reach,
    remembered.source,
    remembered.language,
    remembered.model,
    remembered.brands,
    remembered.fingerprint,
  ]);
}

/** @throws when the store holds something that `packRemembered` did not write */
export function unpackRemembered(packed: string): Remembered {
  return packedSchema.parse(JSON.parse(packed));
}

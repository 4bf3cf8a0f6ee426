import { z } from 'zod';
import { postId } from '../contracts/ids.js';
import { LABELS } from '../contracts/labels.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { type FrequentTerms, noTerms } from './frequent-terms.js';
import { packSketch, unpackSketch } from './hyper-log-log.js';
import type { Sums, SumsPart } from './sums.js';

export const SUMS_PARTS = [
  'authors',
  'terms',
  'samples',
  'distinctPosts',
] as const satisfies readonly SumsPart[];

/**
 * Sums as a store keeps them, part by part: JSON arrays without names, so that they are short. Parts that have not changed
 * since they were packed last are left out.
 */
export type PackedSums = { readonly numbers: string } & { readonly [Part in SumsPart]?: string };

export function packSums(sums: Sums): PackedSums {
  const { labels, labelReach, distinct, unsaved } = sums;
  const packed: { numbers: string } & { [Part in SumsPart]?: string } = {
    numbers: JSON.stringify([
      [
        sums.posts,
        labels.negative,
        labels.neutral,
        labels.positive,
        sums.polarityMicros,
        sums.polaritySquareMicros,
        sums.reach,
        labelReach.negative,
        labelReach.neutral,
        labelReach.positive,
        distinct.negative,
        distinct.neutral,
        distinct.positive,
      ],
      [...sums.sources],
      [...sums.languages],
      [...sums.models],
    ]),
  };
  if (unsaved.authors) packed.authors = packSketch(sums.authors);
  if (unsaved.terms)
    packed.terms = JSON.stringify([packTerms(sums.negativeTerms), packTerms(sums.otherTerms)]);
  if (unsaved.samples) packed.samples = packSamples(sums);
  if (unsaved.distinctPosts) packed.distinctPosts = packDistinctPosts(sums);
  Object.assign(unsaved, NOTHING_UNSAVED);
  return packed;
}

const NOTHING_UNSAVED = { authors: false, terms: false, samples: false, distinctPosts: false } as const;

function packDistinctPosts({ distinctPosts }: Sums): string {
  return JSON.stringify(
    distinctPosts.map(({ tag, near, author, label }) => [
      tag,
      near.high,
      near.low,
      author,
      LABELS.indexOf(label),
    ]),
  );
}

function packSamples({ mostNegative, mostRepeated }: Sums): string {
  return JSON.stringify([
    mostNegative.map(({ id, polarityMicros, traceparent }) => [
      id,
      polarityMicros,
      ...packTrace(traceparent),
    ]),
    mostRepeated.map(({ id, near, repeats, traceparent }) => [
      id,
      near.high,
      near.low,
      repeats,
      ...packTrace(traceparent),
    ]),
  ]);
}

/** Few posts have one. */
function packTrace(traceparent: Traceparent | undefined): readonly Traceparent[] {
  return traceparent === undefined ? [] : [traceparent];
}

function packTerms({ counts, mentions, lost }: FrequentTerms): unknown {
  return [mentions, lost, [...counts]];
}

const whole = z.number().int();
const named = z.array(z.tuple([z.string(), whole])).transform((counts) => new Map(counts));
const terms = z
  .tuple([whole, whole, named])
  .transform(([mentions, lost, counts]): FrequentTerms => ({ mentions, lost, counts }));

const packedNumbers = z.tuple([z.array(z.number()).length(13), named, named, named]);
const packedTerms = z.tuple([terms, terms]);
const packedDistinctPosts = z.array(
  z.tuple([whole, whole, whole, whole, whole]).transform(([tag, high, low, author, label]) => ({
    tag,
    near: { high, low },
    author,
    label: LABELS[label] ?? LABELS[0],
  })),
);
const packedSamples = z.tuple([
  z.array(
    z
      .tuple([z.string().transform(postId), whole, z.string().optional()])
      .transform(([id, polarityMicros, traceparent]) => ({ id, polarityMicros, traceparent })),
  ),
  z.array(
    z
      .tuple([z.string().transform(postId), whole, whole, whole, z.string().optional()])
      .transform(([id, high, low, repeats, traceparent]) => ({
        id,
        near: { high, low },
        repeats,
        traceparent,
      })),
  ),
]);

/** @throws when the store holds something that `packSums` did not write */
export function unpackSums(packed: PackedSums): Sums {
  const [[posts = 0, ...rest], sources, languages, models] = packedNumbers.parse(JSON.parse(packed.numbers));
  const [negativeTerms, otherTerms] =
    packed.terms === undefined ? [noTerms(), noTerms()] : packedTerms.parse(JSON.parse(packed.terms));
  const distinctPosts =
    packed.distinctPosts === undefined ? [] : packedDistinctPosts.parse(JSON.parse(packed.distinctPosts));
  const [mostNegative, mostRepeated] =
    packed.samples === undefined ? [[], []] : packedSamples.parse(JSON.parse(packed.samples));
  const at = (index: number): number => rest[index] ?? 0;
  const byLabel = (first: number) => ({
    negative: at(first),
    neutral: at(first + 1),
    positive: at(first + 2),
  });
  return {
    posts,
    labels: byLabel(0),
    polarityMicros: at(3),
    polaritySquareMicros: at(4),
    reach: at(5),
    labelReach: byLabel(6),
    sources,
    languages,
    models,
    distinct: byLabel(9),
    distinctPosts,
    authors: unpackSketch(packed.authors ?? ''),
    negativeTerms,
    otherTerms,
    mostNegative,
    mostRepeated,
    unsaved: { ...NOTHING_UNSAVED },
  };
}

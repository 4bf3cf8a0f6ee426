import { SentifluxError } from '../contracts/errors.js';
import { postId } from '../contracts/ids.js';
import { LABELS } from '../contracts/labels.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { type FrequentTerms, noTerms } from './frequent-terms.js';
import { packSketch, unpackSketch } from './hyper-log-log.js';
import type { DistinctPost, Sums, SumsPart } from './sums.js';

export const SUMS_PARTS = [
  'authors',
  'terms',
  'samples',
  'distinctPosts',
] as const satisfies readonly SumsPart[];

/**
 * Sums as a store keeps them, part by part: JSON arrays without names, so that they are short, and a table as one array for
 * each column or as one for all rows, since many small arrays take twice the time. Parts that have not changed since they
 * were packed last are left out.
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
      packCounts(sums.sources),
      packCounts(sums.languages),
      packCounts(sums.models),
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
  const numbers: number[] = [];
  for (const { tag, near, author, label } of distinctPosts)
    numbers.push(tag, near.high, near.low, author, LABELS.indexOf(label));
  return JSON.stringify(numbers);
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

function packTerms({ counts, mentions, lost }: FrequentTerms): Terms {
  return [mentions, lost, packCounts(counts)];
}

function packCounts(counts: ReadonlyMap<string, number>): Counts {
  return [[...counts.keys()], [...counts.values()]];
}

type Counts = readonly [names: readonly string[], counts: readonly number[]];
type Terms = readonly [mentions: number, lost: number, counts: Counts];
type Numbers = readonly [numbers: readonly number[], sources: Counts, languages: Counts, models: Counts];
type Samples = readonly [
  mostNegative: ReadonlyArray<readonly [id: string, polarityMicros: number, traceparent?: Traceparent]>,
  mostRepeated: ReadonlyArray<
    readonly [id: string, high: number, low: number, repeats: number, traceparent?: Traceparent]
  >,
];

const NUMBERS = 13;
/** Tag, two halves of the SimHash, author and label. */
const NUMBERS_A_DISTINCT_POST = 5;

// What the predicates check is all that the types say; a schema takes three times as long, and the closer reads the sums
// of every brand from each partition.
const areCounts = (value: unknown): value is Counts =>
  isTuple(value, 2) &&
  Array.isArray(value[0]) &&
  value[0].every((name) => typeof name === 'string') &&
  areIntegers(value[1]) &&
  value[1].length === value[0].length;
const areTerms = (value: unknown): value is Terms =>
  isTuple(value, 3) && value.slice(0, 2).every(Number.isSafeInteger) && areCounts(value[2]);
const areBothTerms = (value: unknown): value is readonly [Terms, Terms] =>
  isTuple(value, 2) && value.every(areTerms);
const areNumbers = (value: unknown): value is Numbers =>
  isTuple(value, 4) &&
  isTuple(value[0], NUMBERS) &&
  value[0].every(Number.isFinite) &&
  value.slice(1).every(areCounts);
const areDistinct = (value: unknown): value is readonly number[] =>
  areIntegers(value) && value.length % NUMBERS_A_DISTINCT_POST === 0;
const areSamples = (value: unknown): value is Samples =>
  isTuple(value, 2) && areSampleRows(value[0], 2) && areSampleRows(value[1], 4);

function isTuple(value: unknown, length: number): value is readonly unknown[] {
  return Array.isArray(value) && value.length === length;
}

function areIntegers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(Number.isSafeInteger);
}

/** Whether all are rows of a text and so many numbers, less the text, and perhaps a text at the end: few posts have a traceparent. */
function areSampleRows(value: unknown, length: number): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((row: unknown) => {
    if (!Array.isArray(row) || typeof row[0] !== 'string' || !areIntegers(row.slice(1, length))) return false;
    return row.length === length || (row.length === length + 1 && typeof row[length] === 'string');
  });
}

function parsed<Packed>(text: string, isPacked: (value: unknown) => value is Packed): Packed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(text);
  }
  if (!isPacked(value)) throw damaged(text);
  return value;
}

function damaged(text: string): SentifluxError {
  return new SentifluxError('SF_STORE_DAMAGED', `sums of a window cannot be read: ${text.slice(0, 80)}`, {
    hint: 'Something else has written to the store, or a later version has. Empty it: windows are made again from the topics.',
  });
}

/** @throws SentifluxError SF_STORE_DAMAGED when the store holds something that `packSums` did not write */
export function unpackSums(packed: PackedSums): Sums {
  const [numbers, sources, languages, models] = parsed(packed.numbers, areNumbers);
  const [negativeTerms, otherTerms] =
    packed.terms === undefined ? [undefined, undefined] : parsed(packed.terms, areBothTerms);
  const distinctPosts = packed.distinctPosts === undefined ? [] : parsed(packed.distinctPosts, areDistinct);
  const [mostNegative, mostRepeated] =
    packed.samples === undefined ? [[], []] : parsed(packed.samples, areSamples);
  const at = (index: number): number => numbers[index] ?? 0;
  const byLabel = (first: number) => ({
    negative: at(first),
    neutral: at(first + 1),
    positive: at(first + 2),
  });
  return {
    posts: at(0),
    labels: byLabel(1),
    polarityMicros: at(4),
    polaritySquareMicros: at(5),
    reach: at(6),
    labelReach: byLabel(7),
    sources: countsOf(sources),
    languages: countsOf(languages),
    models: countsOf(models),
    distinct: byLabel(10),
    distinctPosts: distinctPostsOf(distinctPosts),
    authors: sketchIn(packed.authors ?? ''),
    negativeTerms: termsOf(negativeTerms),
    otherTerms: termsOf(otherTerms),
    mostNegative: mostNegative.map(([id, polarityMicros, traceparent]) => ({
      id: postId(id),
      polarityMicros,
      traceparent,
    })),
    mostRepeated: mostRepeated.map(([id, high, low, repeats, traceparent]) => ({
      id: postId(id),
      near: { high, low },
      repeats,
      traceparent,
    })),
    unsaved: { ...NOTHING_UNSAVED },
  };
}

function termsOf(packed: Terms | undefined): FrequentTerms {
  if (packed === undefined) return noTerms();
  const [mentions, lost, counts] = packed;
  return { mentions, lost, counts: countsOf(counts) };
}

function countsOf([names, counts]: Counts): Map<string, number> {
  return new Map(names.map((name, i) => [name, counts[i] ?? 0]));
}

function distinctPostsOf(numbers: readonly number[]): DistinctPost[] {
  const posts: DistinctPost[] = [];
  for (let i = 0; i < numbers.length; i += NUMBERS_A_DISTINCT_POST) {
    const [tag = 0, high = 0, low = 0, author = 0, label = 0] = numbers.slice(i, i + NUMBERS_A_DISTINCT_POST);
    posts.push({ tag, near: { high, low }, author, label: LABELS[label] ?? LABELS[0] });
  }
  return posts;
}

function sketchIn(text: string): Uint8Array {
  try {
    return unpackSketch(text);
  } catch {
    throw damaged(text);
  }
}

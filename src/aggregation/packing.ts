import { SentifluxError } from '../contracts/errors.js';
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
      pairsOf(sums.sources, scratch.sources),
      pairsOf(sums.languages, scratch.languages),
      pairsOf(sums.models, scratch.models),
    ]),
  };
  if (unsaved.authors) packed.authors = packSketch(sums.authors);
  if (unsaved.terms)
    packed.terms = JSON.stringify([
      packTerms(sums.negativeTerms, scratch.negativeTerms),
      packTerms(sums.otherTerms, scratch.otherTerms),
    ]);
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

function packTerms({ counts, mentions, lost }: FrequentTerms, terms: Pairs): unknown {
  return [mentions, lost, pairsOf(counts, terms)];
}

type Pair = [name: string, count: number];

/** Pairs that are filled again and again: new ones for every table would be a fifteenth of all garbage. */
interface Pairs {
  readonly made: Pair[];
  readonly used: Pair[];
}

const newPairs = (): Pairs => ({ made: [], used: [] });
const scratch = {
  sources: newPairs(),
  languages: newPairs(),
  models: newPairs(),
  negativeTerms: newPairs(),
  otherTerms: newPairs(),
};

/** A table's entries, until the next table is put into the same pairs. */
function pairsOf(counts: ReadonlyMap<string, number>, { made, used }: Pairs): readonly Pair[] {
  let size = 0;
  counts.forEach((count, name) => {
    let pair = made[size];
    if (pair === undefined) {
      pair = [name, count];
      made.push(pair);
    } else {
      pair[0] = name;
      pair[1] = count;
    }
    used[size] = pair;
    size += 1;
  });
  used.length = size;
  return used;
}

type Counts = ReadonlyArray<readonly [name: string, count: number]>;
type Terms = readonly [mentions: number, lost: number, counts: Counts];
type Numbers = readonly [numbers: readonly number[], sources: Counts, languages: Counts, models: Counts];
type Distinct = ReadonlyArray<
  readonly [tag: number, high: number, low: number, author: number, label: number]
>;
type Samples = readonly [
  mostNegative: ReadonlyArray<readonly [id: string, polarityMicros: number, traceparent?: Traceparent]>,
  mostRepeated: ReadonlyArray<
    readonly [id: string, high: number, low: number, repeats: number, traceparent?: Traceparent]
  >,
];

const NUMBERS = 13;

// What the predicates check is all that the types say; a schema takes three times as long, and the closer reads the sums
// of every brand from each partition.
const areCounts = (value: unknown): value is Counts => areRows(value, 2, 1);
const areTerms = (value: unknown): value is Terms =>
  isTuple(value, 3) && value.slice(0, 2).every(Number.isSafeInteger) && areCounts(value[2]);
const areBothTerms = (value: unknown): value is readonly [Terms, Terms] =>
  isTuple(value, 2) && value.every(areTerms);
const areNumbers = (value: unknown): value is Numbers =>
  isTuple(value, 4) &&
  isTuple(value[0], NUMBERS) &&
  value[0].every(Number.isFinite) &&
  value.slice(1).every(areCounts);
const areDistinct = (value: unknown): value is Distinct => areRows(value, 5, 0);
const areSamples = (value: unknown): value is Samples =>
  isTuple(value, 2) && areSampleRows(value[0], 2) && areSampleRows(value[1], 4);

function isTuple(value: unknown, length: number): value is readonly unknown[] {
  return Array.isArray(value) && value.length === length;
}

/** Whether all are rows of so many whole numbers, the first `names` of which are texts instead. */
function areRows(value: unknown, length: number, names: 0 | 1): boolean {
  if (!Array.isArray(value)) return false;
  for (const row of value) {
    if (!isTuple(row, length)) return false;
    for (let i = 0; i < length; i += 1) {
      if (i < names ? typeof row[i] !== 'string' : !Number.isSafeInteger(row[i])) return false;
    }
  }
  return true;
}

/** Whether all are rows that begin with a text and may end in one more than so many: few posts have a traceparent. */
function areSampleRows(value: unknown, length: number): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((row: unknown) =>
    isTuple(row, length + 1)
      ? typeof row[length] === 'string' && areRows([row.slice(0, length)], length, 1)
      : areRows([row], length, 1),
  );
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
    sources: new Map(sources),
    languages: new Map(languages),
    models: new Map(models),
    distinct: byLabel(10),
    distinctPosts: distinctPosts.map(([tag, high, low, author, label]) => ({
      tag,
      near: { high, low },
      author,
      label: LABELS[label] ?? LABELS[0],
    })),
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
  return { mentions, lost, counts: new Map(counts) };
}

function sketchIn(text: string): Uint8Array {
  try {
    return unpackSketch(text);
  } catch {
    throw damaged(text);
  }
}

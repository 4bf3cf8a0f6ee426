import { z } from 'zod';
import { postId } from '../contracts/ids.js';
import { LABELS } from '../contracts/labels.js';
import type { FrequentTerms } from './frequent-terms.js';
import { packSketch, unpackSketch } from './hyper-log-log.js';
import type { Sums } from './sums.js';

/** Sums as a store keeps them: a JSON array without names, so that it is short. */
export function packSums(sums: Sums): string {
  const { labels, labelReach, distinct } = sums;
  return JSON.stringify([
    [
      sums.posts,
      ...LABELS.map((label) => labels[label]),
      sums.polarityMicros,
      sums.polaritySquareMicros,
      sums.reach,
      ...LABELS.map((label) => labelReach[label]),
      ...LABELS.map((label) => distinct[label]),
    ],
    [...sums.sources],
    [...sums.languages],
    [...sums.models],
    packSketch(sums.authors),
    packTerms(sums.negativeTerms),
    packTerms(sums.otherTerms),
    sums.distinctPosts.map(({ tag, near, author, label }) => [
      tag,
      near.high,
      near.low,
      author,
      LABELS.indexOf(label),
    ]),
    sums.mostNegative.map(({ id, polarityMicros }) => [id, polarityMicros]),
    sums.mostRepeated.map(({ id, near, repeats }) => [id, near.high, near.low, repeats]),
  ]);
}

function packTerms({ counts, mentions, lost }: FrequentTerms): unknown {
  return [mentions, lost, [...counts]];
}

const whole = z.number().int();
const named = z.array(z.tuple([z.string(), whole])).transform((counts) => new Map(counts));
const terms = z
  .tuple([whole, whole, named])
  .transform(([mentions, lost, counts]): FrequentTerms => ({ mentions, lost, counts }));

const packedSums = z
  .tuple([
    z.array(z.number()).length(13),
    named,
    named,
    named,
    z.string().transform(unpackSketch),
    terms,
    terms,
    z.array(z.tuple([whole, whole, whole, whole, whole])),
    z.array(z.tuple([z.string().transform(postId), whole])),
    z.array(z.tuple([z.string().transform(postId), whole, whole, whole])),
  ])
  .transform(
    ([
      numbers,
      sources,
      languages,
      models,
      authors,
      negativeTerms,
      otherTerms,
      distinct,
      negative,
      repeated,
    ]): Sums => {
      const [posts, ...rest] = numbers;
      const at = (index: number): number => rest[index] ?? 0;
      const byLabel = (first: number) => ({
        negative: at(first),
        neutral: at(first + 1),
        positive: at(first + 2),
      });
      return {
        posts: posts ?? 0,
        labels: byLabel(0),
        polarityMicros: at(3),
        polaritySquareMicros: at(4),
        reach: at(5),
        labelReach: byLabel(6),
        sources,
        languages,
        models,
        distinct: byLabel(9),
        distinctPosts: distinct.map(([tag, high, low, author, label]) => ({
          tag,
          near: { high, low },
          author,
          label: LABELS[label] ?? LABELS[0],
        })),
        authors,
        negativeTerms,
        otherTerms,
        mostNegative: negative.map(([id, polarityMicros]) => ({ id, polarityMicros })),
        mostRepeated: repeated.map(([id, high, low, repeats]) => ({ id, near: { high, low }, repeats })),
      };
    },
  );

/** @throws when the store holds something that `packSums` did not write */
export function unpackSums(packed: string): Sums {
  return packedSums.parse(JSON.parse(packed));
}

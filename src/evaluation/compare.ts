import { groupBy } from '../contracts/group-by.js';
import type { Label, Probabilities } from '../contracts/labels.js';
import { byLabel, type Judgement, measure } from './metrics.js';

/** What one model says of a post. */
export interface ModelScore {
  readonly label: Label;
  readonly probabilities: Probabilities;
  readonly polarity: number;
  readonly confidence: number;
}

/** A post that both models scored. */
export interface ComparedPost {
  /** Where it stands: `line 12` of a file, or its id. */
  readonly place: string;
  readonly text: string;
  readonly language: string;
  /** Those that it mentions, where they are known. */
  readonly brands: readonly string[];
  /** The label that people gave it, where it has one. */
  readonly gold: Label | undefined;
  readonly before: ModelScore;
  readonly after: ModelScore;
}

/** A figure under each of the two models. */
export interface Change {
  readonly before: number;
  readonly after: number;
}

/** What changes for some of the posts. */
export interface GroupChange {
  readonly posts: number;
  readonly negative: Change;
  readonly negativeShare: Change;
  readonly meanPolarity: Change;
}

export interface LanguageChange extends GroupChange {
  readonly language: string;
}

export interface BrandChange extends GroupChange {
  readonly brand: string;
}

export interface ConfidenceBand {
  /** Confidence of the model before, at least; less than the next band's. */
  readonly from: number;
  readonly posts: number;
  /** Share of them that both models give the same label; 0 without posts. */
  readonly agreement: number;
}

/** What would change if one model took another's place. Shares are 0 to 1. */
export interface Comparison {
  readonly posts: number;
  readonly flipped: number;
  readonly flippedShare: number;
  /** Posts by label before, then by label after. */
  readonly flow: Readonly<Record<Label, Readonly<Record<Label, number>>>>;
  /** By the language that was found in the post; most posts first. */
  readonly languages: readonly LanguageChange[];
  /** By the brands that the posts mention; most posts first. Empty where no brands are known. */
  readonly brands: readonly BrandChange[];
  readonly meanPolarity: Change;
  /** Over the posts with a label of their own; undefined where there are none. */
  readonly labelled: { readonly posts: number; readonly macroRecall: Change } | undefined;
  readonly bands: readonly ConfidenceBand[];
  /** Posts with another label after, those first of which both models were most confident. */
  readonly flips: readonly ComparedPost[];
}

const BANDS = [0, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

/** Compares two models' scores of the same posts. */
export function compare(posts: readonly ComparedPost[]): Comparison {
  const flips = posts.filter(isFlipped).sort((a, b) => leastConfidence(b) - leastConfidence(a));
  return {
    posts: posts.length,
    flipped: flips.length,
    flippedShare: share(flips.length, posts.length),
    flow: flowOf(posts),
    languages: languageChanges(posts),
    brands: brandChanges(posts),
    meanPolarity: meanPolarityOf(posts),
    labelled: labelledChange(posts),
    bands: confidenceBands(posts),
    flips,
  };
}

function isFlipped({ before, after }: ComparedPost): boolean {
  return before.label !== after.label;
}

function leastConfidence({ before, after }: ComparedPost): number {
  return Math.min(before.confidence, after.confidence);
}

function flowOf(posts: readonly ComparedPost[]): Comparison['flow'] {
  const count = (from: Label, to: Label): number =>
    posts.filter(({ before, after }) => before.label === from && after.label === to).length;
  return byLabel((from) => byLabel((to) => count(from, to)));
}

function languageChanges(posts: readonly ComparedPost[]): readonly LanguageChange[] {
  return [...groupBy(posts, ({ language }) => language)]
    .map(([language, group]) => ({ language, ...groupChange(group) }))
    .sort(byPosts);
}

function brandChanges(posts: readonly ComparedPost[]): readonly BrandChange[] {
  const mentions = posts.flatMap((post) => post.brands.map((brand) => ({ brand, post })));
  return [...groupBy(mentions, ({ brand }) => brand)]
    .map(([brand, group]) => ({ brand, ...groupChange(group.map(({ post }) => post)) }))
    .sort(byPosts);
}

function groupChange(group: readonly ComparedPost[]): GroupChange {
  const negative = change((side) => group.filter((post) => post[side].label === 'negative').length);
  return {
    posts: group.length,
    negative,
    negativeShare: change((side) => share(negative[side], group.length)),
    meanPolarity: meanPolarityOf(group),
  };
}

function byPosts(a: GroupChange, b: GroupChange): number {
  return b.posts - a.posts;
}

function meanPolarityOf(posts: readonly ComparedPost[]): Change {
  return change((side) => mean(posts.map((post) => post[side].polarity)));
}

function labelledChange(posts: readonly ComparedPost[]): Comparison['labelled'] {
  const judged = (side: keyof Change): readonly Judgement[] =>
    posts.flatMap((post) =>
      post.gold === undefined ? [] : [{ gold: post.gold, probabilities: post[side].probabilities }],
    );
  const labelled = posts.filter(({ gold }) => gold !== undefined).length;
  if (labelled === 0) return undefined;
  return { posts: labelled, macroRecall: change((side) => measure(judged(side)).macroRecall) };
}

function confidenceBands(posts: readonly ComparedPost[]): readonly ConfidenceBand[] {
  return BANDS.map((from, index) => {
    const to = BANDS[index + 1] ?? Number.POSITIVE_INFINITY;
    const within = posts.filter(({ before }) => before.confidence >= from && before.confidence < to);
    const agreeing = within.filter((post) => !isFlipped(post));
    return { from, posts: within.length, agreement: share(agreeing.length, within.length) };
  });
}

function change(figure: (side: keyof Change) => number): Change {
  return { before: figure('before'), after: figure('after') };
}

function mean(values: readonly number[]): number {
  return share(
    values.reduce((total, value) => total + value, 0),
    values.length,
  );
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

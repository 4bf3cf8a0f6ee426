import { LABELS } from '../contracts/labels.js';
import type { Vocabulary } from '../model/vocabulary.js';
import type { Example } from './batches.js';
import { invalid, type LabelledRow, readLabelledRows } from './labelled-rows.js';
import { type Random, shuffle } from './random.js';
import type { Recipe } from './recipe.js';
import { learnVocabulary, type WordCounts } from './vocabulary.js';

/** How texts become token ids: the preparation of the scorer, so that both see the same. */
export interface TextPreparation {
  readonly normalise: (text: string) => string;
  readonly wordsOf: (normalised: string) => readonly string[];
  readonly createTokeniser: (
    vocabulary: Vocabulary,
    maxTokens: number,
  ) => (normalised: string) => { readonly tokens: Int32Array };
  /** Pieces that normalising puts in, such as `<url>`. */
  readonly reserved: readonly string[];
}

/** Characters that were seen less often are no reason for a piece of their own, in a large set. */
const MIN_CHARACTER_COUNT = 8;
const HELD_OUT_SHARE = 0.1;

export interface TrainingSet {
  readonly file: string;
  readonly examples: readonly Example[];
  readonly rowsAnEpoch: number;
  readonly repeat: number;
}

export interface DevelopmentSet {
  readonly name: string;
  readonly examples: readonly Example[];
}

export interface PreparedData {
  readonly vocabulary: Vocabulary;
  readonly sets: readonly TrainingSet[];
  readonly development: readonly DevelopmentSet[];
}

type TrainingSource = Recipe['data'][number];

interface NormalisedSource {
  readonly source: TrainingSource;
  readonly rows: readonly LabelledRow[];
}

interface NormalisedDevelopment {
  readonly name: string;
  readonly rows: readonly LabelledRow[];
}

/**
 * Reads what a recipe names, holds the development rows back, learns the vocabulary and cuts all into tokens.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function prepareData(
  recipe: Recipe,
  text: TextPreparation,
  random: Random,
  report: (event: { kind: 'data'; file: string; rows: number; skipped: number }) => void,
): Promise<PreparedData> {
  const normalised = (rows: readonly LabelledRow[]): readonly LabelledRow[] =>
    rows
      .map((row) => ({ label: row.label, text: text.normalise(row.text) }))
      .filter((row) => row.text !== '');
  const read = await Promise.all(
    recipe.data.map(async (source) => {
      const { rows, skipped } = await readLabelledRows(source);
      report({ kind: 'data', file: source.file, rows: rows.length, skipped });
      return { source, rows: normalised(rows) };
    }),
  );
  const named = await Promise.all(
    recipe.development.map(async (source) => {
      const { rows } = await readLabelledRows(source);
      return { name: source.name, rows: normalised(rows) };
    }),
  );
  const held = named.length > 0 ? named : [holdOut(read, random)];
  const heldTexts = new Set(held.flatMap(({ rows }) => rows.map((row) => row.text)));
  const kept = read.map(({ source, rows }) => ({
    source,
    rows: rows.filter((row) => !heldTexts.has(row.text)),
  }));
  checkLabels(kept);

  const vocabulary = learnVocabulary(countWords(kept, text.wordsOf), {
    size: recipe.vocabulary,
    reserved: text.reserved,
    minCharacterCount: Math.min(MIN_CHARACTER_COUNT, Math.ceil(sizeOf(kept) / 1000)),
  });
  const tokenise = text.createTokeniser(vocabulary, recipe.maxTokens);
  return {
    vocabulary,
    sets: kept.map(({ source, rows }) => {
      const examples = examplesOf(rows, tokenise, weightsByLabel(rows, source.weight, recipe.balance));
      const rowsAnEpoch = Math.min(examples.length, source.rowsAnEpoch ?? examples.length);
      return { file: source.file, examples, rowsAnEpoch, repeat: source.repeat };
    }),
    development: held.map(({ name, rows }) => ({ name, examples: examplesOf(rows, tokenise, [1, 1, 1]) })),
  };
}

function holdOut(read: readonly NormalisedSource[], random: Random): NormalisedDevelopment {
  const all = read.flatMap(({ rows }) => rows);
  return { name: 'held out', rows: shuffle(all, random).slice(0, Math.ceil(all.length * HELD_OUT_SHARE)) };
}

function checkLabels(kept: readonly NormalisedSource[]): void {
  const labels = new Set(kept.flatMap(({ rows }) => rows.map(({ label }) => label)));
  if (labels.size >= 2) return;
  throw invalid(
    labels.size === 0
      ? 'no row is left to train on: each is among the rows held back, or empty'
      : `every row to train on is ${[...labels].join()}`,
    'Add rows of the other labels: there is nothing to tell apart.',
  );
}

function countWords(kept: readonly NormalisedSource[], wordsOf: TextPreparation['wordsOf']): WordCounts {
  const counts = new Map<string, number>();
  for (const { source, rows } of kept) {
    for (const row of rows) {
      for (const word of wordsOf(row.text))
        counts.set(word, (counts.get(word) ?? 0) + source.vocabularyWeight);
    }
  }
  return counts;
}

/** Weights by index into `LABELS`: rarer labels count for more, and a set's weights average to its own. */
function weightsByLabel(rows: readonly LabelledRow[], weight: number, balance: number): readonly number[] {
  const counts = LABELS.map((label) => rows.filter((row) => row.label === label).length);
  const present = counts.filter((count) => count > 0).length;
  const raw = counts.map((count) => (count === 0 ? 0 : (rows.length / present / count) ** balance));
  const mean = raw.reduce((sum, factor, label) => sum + factor * (counts[label] ?? 0), 0) / rows.length;
  return raw.map((factor) => (weight * factor) / mean);
}

function examplesOf(
  rows: readonly LabelledRow[],
  tokenise: ReturnType<TextPreparation['createTokeniser']>,
  weights: readonly number[],
): readonly Example[] {
  const twoClass = !rows.some(({ label }) => label === 'neutral');
  return rows.flatMap((row) => {
    const { tokens } = tokenise(row.text);
    const label = LABELS.indexOf(row.label);
    return tokens.length === 0 ? [] : [{ tokens, label, twoClass, weight: weights[label] ?? 1 }];
  });
}

function sizeOf(kept: readonly NormalisedSource[]): number {
  return kept.reduce((sum, { rows }) => sum + rows.length, 0);
}

/** The examples of one epoch: a new draw from each set that has more than it may give. */
export function drawEpoch(sets: readonly TrainingSet[], random: Random): readonly Example[] {
  return sets.flatMap(({ examples, rowsAnEpoch, repeat }) => {
    const drawn =
      rowsAnEpoch < examples.length ? shuffle([...examples], random).slice(0, rowsAnEpoch) : examples;
    return Array.from({ length: repeat }, () => drawn).flat();
  });
}

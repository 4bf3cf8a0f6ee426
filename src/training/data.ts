import { LABELS, type Label } from '../contracts/labels.js';
import type { Vocabulary } from '../model/vocabulary.js';
import type { Example } from './batches.js';
import { type Row, readLabelledRows } from './labelled-rows.js';
import { nearDuplicateOf } from './near-duplicates.js';
import { type Random, shuffle } from './random.js';
import { invalid } from './read-file.js';
import type { Recipe } from './recipe.js';
import { makeTemplateRows, readTrainingRows, type SourceRows, type TrainingRow } from './training-rows.js';
import { learnVocabulary, type WordCounts } from './vocabulary.js';

/** How texts become token ids: the preparation of the scorer, so that both see the same. */
export interface TextPreparation {
  readonly normalise: (text: string) => string;
  readonly wordsOf: (normalised: string) => readonly string[];
  readonly isIdeograph: (character: string) => boolean;
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
  /** Rows that were left out, for they read like one that is held back. */
  readonly duplicates: number;
  readonly examples: readonly Example[];
  readonly rowsAnEpoch: number;
  readonly repeat: number;
}

export interface DevelopmentSet {
  readonly name: string;
  /** Of its posts, where they have one and the recipe tells it. */
  readonly language: string | undefined;
  readonly examples: readonly Example[];
}

export interface PreparedData {
  readonly vocabulary: Vocabulary;
  readonly sets: readonly TrainingSet[];
  readonly development: readonly DevelopmentSet[];
}

interface HeldRow {
  readonly text: string;
  readonly label: Label;
}

interface KeptRows extends Omit<SourceRows, 'skipped'> {
  readonly duplicates: number;
}

interface HeldBack {
  readonly name: string;
  readonly language: string | undefined;
  readonly rows: readonly HeldRow[];
}

/**
 * Reads what a recipe names, holds the development and evaluation rows back, learns the vocabulary and cuts all
 * into tokens.
 *
 * @param known vocabulary of a model to go on from, in place of a new one
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function prepareData(
  recipe: Recipe,
  text: TextPreparation,
  random: Random,
  report: (event: { kind: 'data'; file: string; rows: number; skipped: number }) => void,
  known?: Vocabulary,
): Promise<PreparedData> {
  const told = (sources: readonly SourceRows[]): readonly SourceRows[] => {
    for (const { source, rows, skipped } of sources) {
      report({ kind: 'data', file: source.file, rows: rows.length, skipped });
    }
    return sources.map((one) => ({ ...one, rows: normalised(one.rows, text) }));
  };
  const read = told(await readTrainingRows(recipe));
  const heldBack = (sources: Recipe['development']): Promise<readonly HeldBack[]> =>
    Promise.all(
      sources.map(async (source) => {
        const { rows } = await readLabelledRows(source);
        return { name: source.name, language: source.language, rows: normalised(rows, text) };
      }),
    );
  const [named, evaluation] = [await heldBack(recipe.development), await heldBack(recipe.evaluation)];
  const development = named.length > 0 ? named : [holdOut(read, random)];
  const heldTexts = [...development, ...evaluation].flatMap(({ rows }) => rows.map(({ text }) => text));
  const isDuplicate = nearDuplicateOf(heldTexts);
  const ofFiles = withoutDuplicates(read, isDuplicate);
  const made = told(await makeTemplateRows(recipe, ofFiles, random));
  const kept = [...ofFiles, ...withoutDuplicates(made, isDuplicate)];
  checkLabels(kept);

  const vocabulary =
    known ??
    learnVocabulary(countWords(kept, text.wordsOf), {
      size: recipe.vocabulary,
      reserved: text.reserved,
      isIdeograph: text.isIdeograph,
      minCharacterCount: Math.min(MIN_CHARACTER_COUNT, Math.ceil(sizeOf(kept) / 1000)),
    });
  const tokenise = text.createTokeniser(vocabulary, recipe.maxTokens);
  return {
    vocabulary,
    sets: kept.map(({ source, rows, duplicates }) => {
      const examples = examplesOf(rows, tokenise, weightsByLabel(rows, source.weight, recipe.balance));
      const rowsAnEpoch = Math.min(examples.length, source.rowsAnEpoch ?? examples.length);
      return { file: source.file, duplicates, examples, rowsAnEpoch, repeat: source.repeat };
    }),
    development: development.map(({ name, language, rows }) => ({
      name,
      language,
      examples: examplesOf(
        rows.map((row) => ({ ...row, softLabel: undefined })),
        tokenise,
        () => 1,
      ),
    })),
  };
}

function normalised<Kept extends Pick<Row, 'text'>>(
  rows: readonly Kept[],
  text: TextPreparation,
): readonly Kept[] {
  return rows.map((row) => ({ ...row, text: text.normalise(row.text) })).filter((row) => row.text !== '');
}

function withoutDuplicates(
  read: readonly Omit<SourceRows, 'skipped'>[],
  isDuplicate: (post: string) => boolean,
): readonly KeptRows[] {
  return read.map(({ source, rows }) => {
    const kept = rows.filter((row) => !isDuplicate(row.text));
    return { source, rows: kept, duplicates: rows.length - kept.length };
  });
}

function holdOut(read: readonly Omit<SourceRows, 'skipped'>[], random: Random): HeldBack {
  const labelled = read.flatMap(({ rows }) =>
    rows.flatMap(({ text, label }) => (label === undefined ? [] : [{ text, label }])),
  );
  const share = Math.ceil(labelled.length * HELD_OUT_SHARE);
  return {
    name: 'held out',
    language: undefined,
    rows: shuffle(labelled, random).slice(0, share),
  };
}

function checkLabels(kept: readonly KeptRows[]): void {
  const labels = new Set(kept.flatMap(({ rows }) => rows.map(({ label }) => label ?? 'soft')));
  if (labels.size >= 2 || labels.has('soft')) return;
  throw invalid(
    labels.size === 0
      ? 'no row is left to train on: each is among the rows held back, or empty'
      : `every row to train on is ${[...labels].join()}`,
    'Add rows of the other labels: there is nothing to tell apart.',
  );
}

function countWords(kept: readonly KeptRows[], wordsOf: TextPreparation['wordsOf']): WordCounts {
  const counts = new Map<string, number>();
  for (const { source, rows } of kept) {
    if (source.vocabularyWeight === 0) continue;
    for (const row of rows) {
      for (const word of wordsOf(row.text))
        counts.set(word, (counts.get(word) ?? 0) + source.vocabularyWeight);
    }
  }
  return counts;
}

/**
 * Weights by index into `LABELS`: rarer labels count for more, and a set's weights average to its own. Rows
 * without a label have the set's weight.
 */
function weightsByLabel(
  rows: readonly TrainingRow[],
  weight: number,
  balance: number,
): (label: Label | undefined) => number {
  const counts = LABELS.map((label) => rows.filter((row) => row.label === label).length);
  const labelled = counts.reduce((sum, count) => sum + count, 0);
  const present = counts.filter((count) => count > 0).length;
  const raw = counts.map((count) => (count === 0 ? 0 : (labelled / present / count) ** balance));
  const mean = raw.reduce((sum, factor, label) => sum + factor * (counts[label] ?? 0), 0) / labelled;
  return (label) => (label === undefined ? weight : (weight * (raw[LABELS.indexOf(label)] ?? 0)) / mean);
}

function examplesOf(
  rows: readonly TrainingRow[],
  tokenise: ReturnType<TextPreparation['createTokeniser']>,
  weightOf: (label: Label | undefined) => number,
): readonly Example[] {
  const twoClass = !rows.some(({ label }) => label === 'neutral');
  return rows.flatMap((row): Example[] => {
    const { tokens } = tokenise(row.text);
    if (tokens.length === 0) return [];
    const label = row.label === undefined ? undefined : LABELS.indexOf(row.label);
    return [{ tokens, label, softLabel: row.softLabel, twoClass, weight: weightOf(row.label) }];
  });
}

function sizeOf(kept: readonly KeptRows[]): number {
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

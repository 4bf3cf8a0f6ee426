import { basename } from 'node:path';
import type { ModelBundle, Weights } from '../model/bundle.js';
import type { Vocabulary } from '../model/vocabulary.js';
import { prepareData, type TextPreparation } from './data.js';
import { type FitEvent, type FitHooks, type Fitted, fitNetwork } from './fit.js';
import { readInitialEmbedding } from './initial-embedding.js';
import { initialWeights } from './network.js';
import { createRandom, type Random } from './random.js';
import type { Recipe } from './recipe.js';
import type { Start } from './start.js';
import { loadTensors } from './tensorflow.js';

export type TrainingEvent =
  | { readonly kind: 'data'; readonly file: string; readonly rows: number; readonly skipped: number }
  /** Rows that are left out, for they read (almost) like one that is held back. */
  | { readonly kind: 'duplicates'; readonly file: string; readonly rows: number }
  | { readonly kind: 'vocabulary'; readonly size: number }
  | FitEvent;

export interface Trained extends Fitted {
  readonly vocabulary: Vocabulary;
  /** Rows trained on, by file name without its folder. */
  readonly data: readonly { readonly file: string; readonly rows: number }[];
}

export type TrainingOutcome =
  | { readonly kind: 'trained'; readonly trained: Trained }
  /** It was told to stop, and has written a checkpoint if it has a place for it. */
  | { readonly kind: 'stopped'; readonly step: number; readonly steps: number };

export interface TrainingHooks extends Pick<FitHooks, 'stop' | 'checkpoints'> {
  readonly report?: (event: TrainingEvent) => void;
  /** Is given the network as it stands, so that an early end loses little. */
  readonly afterEpoch?: (trained: Trained) => Promise<void>;
}

/** What a training begins with instead of a new vocabulary and random weights. */
export type Base = Pick<ModelBundle, 'vocabulary'> & Start;

/**
 * Trains a network as a recipe says: learns the vocabulary, then the weights, then the temperature that makes
 * probabilities of them. The same recipe and data give the same result on the same machine.
 *
 * @param base a network of the recipe's sizes to go on from
 * @throws SentifluxError SF_TRAIN_NEEDS_TFJS, SF_TRAIN_DATA_INVALID, SF_TRAIN_CHECKPOINT_MISMATCH (before any
 *   training starts)
 */
export async function train(
  recipe: Recipe,
  text: TextPreparation,
  { report = () => {}, afterEpoch = async () => {}, ...hooks }: TrainingHooks = {},
  base?: Base,
): Promise<TrainingOutcome> {
  const tensors = await loadTensors();
  const random = createRandom(recipe.seed);
  const prepared = await prepareData(recipe, text, random, report, base?.vocabulary);
  const { vocabulary, sets } = prepared;
  for (const { file, duplicates } of sets) {
    if (duplicates > 0) report({ kind: 'duplicates', file: basename(file), rows: duplicates });
  }
  report({ kind: 'vocabulary', size: vocabulary.size });

  const start = base ?? { weights: await newWeights(recipe, vocabulary, random), kept: 0 };
  const data = sets.map(({ file, examples }) => ({ file: basename(file), rows: examples.length }));
  const outcome = await fitNetwork(tensors, recipe, prepared, start, random, {
    ...hooks,
    report,
    afterEpoch: (fitted) => afterEpoch({ ...fitted, vocabulary, data }),
  });
  return outcome.kind === 'stopped'
    ? outcome
    : { kind: 'trained', trained: { ...outcome.fitted, vocabulary, data } };
}

async function newWeights(recipe: Recipe, vocabulary: Vocabulary, random: Random): Promise<Weights> {
  const { embedding, hidden, initialEmbedding } = recipe;
  const weights = initialWeights({ vocabulary: vocabulary.size, embedding, hidden }, random);
  if (initialEmbedding !== undefined) {
    await readInitialEmbedding(initialEmbedding, vocabulary, embedding, weights.embedding);
  }
  return weights;
}

import { basename } from 'node:path';
import type { Vocabulary } from '../model/vocabulary.js';
import { prepareData, type TextPreparation } from './data.js';
import { type FitEvent, type FitHooks, type Fitted, fitNetwork } from './fit.js';
import { readInitialEmbedding } from './initial-embedding.js';
import { initialWeights } from './network.js';
import { createRandom } from './random.js';
import type { Recipe } from './recipe.js';
import { loadTensors } from './tensorflow.js';

export type TrainingEvent =
  | { readonly kind: 'data'; readonly file: string; readonly rows: number; readonly skipped: number }
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

/**
 * Trains a network as a recipe says: learns the vocabulary, then the weights, then the temperature that makes
 * probabilities of them. The same recipe and data give the same result on the same machine.
 *
 * @throws SentifluxError SF_TRAIN_NEEDS_TFJS, SF_TRAIN_DATA_INVALID, SF_TRAIN_CHECKPOINT_MISMATCH (before any
 *   training starts)
 */
export async function train(
  recipe: Recipe,
  text: TextPreparation,
  { report = () => {}, afterEpoch = async () => {}, ...hooks }: TrainingHooks = {},
): Promise<TrainingOutcome> {
  const tensors = await loadTensors();
  const random = createRandom(recipe.seed);
  const prepared = await prepareData(recipe, text, random, report);
  const { vocabulary, sets } = prepared;
  report({ kind: 'vocabulary', size: vocabulary.size });

  const { embedding, hidden } = recipe;
  const start = initialWeights({ vocabulary: vocabulary.size, embedding, hidden }, random);
  if (recipe.initialEmbedding !== undefined) {
    await readInitialEmbedding(recipe.initialEmbedding, vocabulary, embedding, start.embedding);
  }
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

import { basename } from 'node:path';
import type { Weights } from '../model/bundle.js';
import type { Vocabulary } from '../model/vocabulary.js';
import { averageOf } from './average.js';
import { batchesOf } from './batches.js';
import { fitTemperature } from './calibrate.js';
import { type DevelopmentSet, drawEpoch, prepareData, type TextPreparation } from './data.js';
import { readInitialEmbedding } from './initial-embedding.js';
import { lossOf } from './loss.js';
import { createNetwork, initialWeights, type Network } from './network.js';
import { createOptimiser } from './optimiser.js';
import { macroRecall, predict } from './predict.js';
import { createRandom } from './random.js';
import type { Recipe } from './recipe.js';
import { loadTensors, type Tensors } from './tensorflow.js';

export type TrainingEvent =
  | { readonly kind: 'data'; readonly file: string; readonly rows: number; readonly skipped: number }
  | { readonly kind: 'vocabulary'; readonly size: number }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly postsPerSecond: number;
    }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly development: readonly DevelopmentFigure[] };

export interface DevelopmentFigure {
  readonly name: string;
  readonly posts: number;
  readonly macroRecall: number;
}

export interface Trained {
  readonly vocabulary: Vocabulary;
  readonly weights: Weights;
  readonly temperature: number;
  readonly development: readonly DevelopmentFigure[];
  /** Rows trained on, by file name without its folder. */
  readonly data: readonly { readonly file: string; readonly rows: number }[];
}

const REPORT_EVERY_STEPS = 50;

/**
 * Trains a network as a recipe says: learns the vocabulary, then the weights, then the temperature that makes
 * probabilities of them. The same recipe and data give the same result on the same machine.
 *
 * @param afterEpoch is given the network as it stands, so that an early end loses little
 * @throws SentifluxError SF_TRAIN_NEEDS_TFJS, SF_TRAIN_DATA_INVALID (before any training starts)
 */
export async function train(
  recipe: Recipe,
  text: TextPreparation,
  report: (event: TrainingEvent) => void,
  afterEpoch: (trained: Trained) => Promise<void> = async () => {},
): Promise<Trained> {
  const tensors = await loadTensors();
  const { tf } = tensors;
  const random = createRandom(recipe.seed);
  const { vocabulary, sets, development } = await prepareData(recipe, text, random, report);
  report({ kind: 'vocabulary', size: vocabulary.size });

  const sizes = { vocabulary: vocabulary.size, embedding: recipe.embedding, hidden: recipe.hidden };
  const start = initialWeights(sizes, random);
  if (recipe.initialEmbedding !== undefined) {
    await readInitialEmbedding(recipe.initialEmbedding, vocabulary, recipe.embedding, start.embedding);
  }
  const network = createNetwork(tensors, sizes, start);
  const average = createNetwork(tensors, sizes, start);
  const optimiser = createOptimiser(tf, Object.values(network.variables), recipe.learningRate);
  const epochRows = sets.reduce((sum, { rowsAnEpoch, repeat }) => sum + rowsAnEpoch * repeat, 0);
  const steps = Math.ceil(epochRows / recipe.batch) * recipe.epochs;
  const follow = averageOf(tf, network, average, steps);
  const dropout = { words: recipe.wordDropout, values: recipe.dropout, random };

  async function runEpoch(firstStep: number): Promise<number> {
    let step = firstStep;
    let started = performance.now();
    let posts = 0;
    for (const batch of batchesOf(drawEpoch(sets, random), recipe.batch, random)) {
      const loss = optimiser.step(step / steps, () =>
        lossOf(tf, network.logits(batch, dropout), batch.examples, recipe),
      );
      step += 1;
      follow(step);
      posts += batch.rows;
      if (step % REPORT_EVERY_STEPS !== 0) continue;
      const postsPerSecond = (1000 * posts) / (performance.now() - started);
      report({ kind: 'step', step, steps, loss, postsPerSecond });
      started = performance.now();
      posts = 0;
      // The loop never waits for anything: signals and progress bars get their turn here.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return step;
  }

  try {
    let step = 0;
    for (let epoch = 1; ; epoch += 1) {
      step = await runEpoch(step);
      const trained: Trained = {
        vocabulary,
        weights: average.weights(),
        data: sets.map(({ file, examples }) => ({ file: basename(file), rows: examples.length })),
        ...judge(tensors, average, development),
      };
      report({ kind: 'epoch', epoch, development: trained.development });
      await afterEpoch(trained);
      if (epoch >= recipe.epochs) return trained;
    }
  } finally {
    network.dispose();
    average.dispose();
    optimiser.dispose();
  }
}

function judge(
  tensors: Tensors,
  network: Network,
  development: readonly DevelopmentSet[],
): Pick<Trained, 'development' | 'temperature'> {
  const judged = development.map(({ name, examples }) => ({
    name,
    predictions: predict(tensors, network, examples),
  }));
  return {
    development: judged.map(({ name, predictions }) => ({
      name,
      posts: predictions.length,
      macroRecall: macroRecall(predictions),
    })),
    temperature: fitTemperature(judged.flatMap(({ predictions }) => predictions)),
  };
}

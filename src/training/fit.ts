import type { Weights } from '../model/bundle.js';
import type { Calibration } from '../model/manifest.js';
import { averageOf } from './average.js';
import { batchesOf } from './batches.js';
import { calibrate } from './calibrate.js';
import {
  type Checkpoint,
  checkFingerprint,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from './checkpoint.js';
import { type DevelopmentSet, drawEpoch, type PreparedData } from './data.js';
import { fingerprintOf } from './fingerprint.js';
import { lossOf } from './loss.js';
import { createNetwork, type Network } from './network.js';
import { createOptimiser } from './optimiser.js';
import { macroRecall, predict } from './predict.js';
import { createRandom, type Random } from './random.js';
import type { Recipe } from './recipe.js';
import { mixWeights, type Start } from './start.js';
import type { Tensors } from './tensorflow.js';
import { assignValues, valuesOf, variablesSince } from './variables.js';

export type FitEvent =
  /** Before the first step of this run; `step` is above 0 where it goes on from a checkpoint. */
  | { readonly kind: 'start'; readonly step: number; readonly steps: number }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      /** Mean over the steps since the last report. */
      readonly loss: number;
      readonly postsPerSecond: number;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly step: number;
      readonly development: readonly DevelopmentFigure[];
    };

export interface DevelopmentFigure {
  readonly name: string;
  readonly posts: number;
  readonly macroRecall: number;
}

export interface Fitted {
  readonly weights: Weights;
  /** Fitted on the development sets. */
  readonly calibration: Calibration;
  readonly development: readonly DevelopmentFigure[];
}

export type FitOutcome =
  | { readonly kind: 'trained'; readonly fitted: Fitted }
  /** It was told to stop, and has written a checkpoint if it has a place for it. */
  | { readonly kind: 'stopped'; readonly step: number; readonly steps: number };

export interface FitHooks {
  readonly report?: (event: FitEvent) => void;
  /** Is given the network as it stands, so that an early end loses little. */
  readonly afterEpoch?: (fitted: Fitted) => Promise<void>;
  /** Ends the training after the step that is being made. */
  readonly stop?: AbortSignal;
  readonly checkpoints?: CheckpointOptions;
}

export interface CheckpointOptions {
  readonly file: string;
  readonly everyMinutes: number;
  /** Go on from the checkpoint in the file, if there is one. */
  readonly resume: boolean;
}

const REPORT_EVERY_STEPS = 50;

/**
 * Trains a network's weights, with checkpoints between: after each epoch, every few minutes and when it is told to
 * stop. A training that goes on from a checkpoint ends with the weights of one that was never interrupted.
 *
 * @param random seeds the order of the posts and what is dropped
 * @throws SentifluxError SF_TRAIN_CHECKPOINT_MISMATCH (before any training starts)
 */
export async function fitNetwork(
  tensors: Tensors,
  recipe: Recipe,
  prepared: PreparedData,
  start: Start,
  random: Random,
  hooks: FitHooks = {},
): Promise<FitOutcome> {
  const { tf } = tensors;
  const { sets, development } = prepared;
  const { report = () => {}, afterEpoch = async () => {}, stop, checkpoints } = hooks;
  const fingerprint = fingerprintOf(recipe, prepared, start);
  // Two sequences: an epoch's order can be drawn again without what was dropped in it.
  let order = createRandom(random.integer());
  let dropped = createRandom(random.integer());

  const variables = variablesSince(tf);
  const sizes = {
    vocabulary: prepared.vocabulary.size,
    embedding: recipe.embedding,
    hidden: recipe.hidden,
  };
  const network = createNetwork(tensors, sizes, start.weights);
  const average = createNetwork(tensors, sizes, start.weights);
  const optimiser = createOptimiser(tf, Object.values(network.variables), recipe.learningRate);
  const epochRows = sets.reduce((sum, { rowsAnEpoch, repeat }) => sum + rowsAnEpoch * repeat, 0);
  const steps = Math.ceil(epochRows / recipe.batch) * recipe.epochs;
  const follow = averageOf(tf, network, average, steps);
  let position = { step: 0, epoch: 1, batches: 0, order: order.state() };
  let saved = performance.now();

  function makeStep(batch: Parameters<Network['logits']>[0]): number {
    const dropout = { words: recipe.wordDropout, values: recipe.dropout, random: dropped };
    return optimiser.step(position.step / steps, () =>
      lossOf(tf, network.logits(batch, dropout), batch.examples, recipe),
    );
  }

  function restore(checkpoint: Checkpoint): void {
    // The optimiser makes its moments on its first step, so it makes one; all that it changes is overwritten.
    const [batch] = batchesOf(prepared.sets[0]?.examples.slice(0, 1) ?? [], 1, createRandom(0));
    if (batch !== undefined) makeStep(batch);
    assignValues(tf, variables(), checkpoint.variables);
    const { step, epoch, batches } = checkpoint;
    position = { step, epoch, batches, order: checkpoint.order };
    order = createRandom(checkpoint.order);
    dropped = createRandom(checkpoint.dropout);
  }

  function result(): Fitted {
    const weights = mixWeights(start, average.weights());
    const mixed = createNetwork(tensors, sizes, weights);
    try {
      return { weights, ...judge(tensors, mixed, development) };
    } finally {
      mixed.dispose();
    }
  }

  async function save(): Promise<void> {
    if (checkpoints === undefined) return;
    const state = { ...position, dropout: dropped.state(), variables: valuesOf(variables()) };
    await writeCheckpoint(checkpoints.file, { fingerprint, ...state });
    saved = performance.now();
  }

  const isDue = (): boolean =>
    checkpoints !== undefined && performance.now() - saved >= 60_000 * checkpoints.everyMinutes;

  /** @returns false where it was told to stop before the epoch's end */
  async function runEpoch(): Promise<boolean> {
    let [started, posts, losses, reported] = [performance.now(), 0, 0, position.step];
    let batches = 0;
    for (const batch of batchesOf(drawEpoch(sets, order), recipe.batch, order)) {
      batches += 1;
      if (batches <= position.batches) continue;
      losses += makeStep(batch);
      position = { ...position, step: position.step + 1, batches };
      follow(position.step);
      posts += batch.rows;
      // The loop never waits for anything: signals and progress bars get their turn here.
      await new Promise((resolve) => setImmediate(resolve));
      if (stop?.aborted === true) return false;
      if (isDue()) await save();
      const { step } = position;
      if (step % REPORT_EVERY_STEPS !== 0) continue;
      const postsPerSecond = (1000 * posts) / (performance.now() - started);
      report({ kind: 'step', step, steps, loss: losses / (step - reported), postsPerSecond });
      [started, posts, losses, reported] = [performance.now(), 0, 0, step];
    }
    return true;
  }

  try {
    if (checkpoints?.resume === true) {
      const checkpoint = await readCheckpoint(checkpoints.file);
      if (checkpoint !== undefined) {
        checkFingerprint(checkpoints.file, checkpoint, fingerprint);
        restore(checkpoint);
      }
    }
    report({ kind: 'start', step: position.step, steps });
    for (;;) {
      const { epoch } = position;
      if (!(await runEpoch())) {
        await save();
        return { kind: 'stopped', step: position.step, steps };
      }
      const fitted = result();
      report({ kind: 'epoch', epoch, step: position.step, development: fitted.development });
      await afterEpoch(fitted);
      if (epoch >= recipe.epochs) {
        if (checkpoints !== undefined) await removeCheckpoint(checkpoints.file);
        return { kind: 'trained', fitted };
      }
      position = { step: position.step, epoch: epoch + 1, batches: 0, order: order.state() };
      await save();
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
): Omit<Fitted, 'weights'> {
  const judged = development.map(({ name, language, examples }) => ({
    name,
    language,
    predictions: predict(tensors, network, examples),
  }));
  return {
    development: judged.map(({ name, predictions }) => ({
      name,
      posts: predictions.length,
      macroRecall: macroRecall(predictions),
    })),
    calibration: calibrate(judged),
  };
}

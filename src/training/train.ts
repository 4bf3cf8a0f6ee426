import { LABELS } from '../contracts/labels.js';
import type { Weights } from '../model/bundle.js';
import type { Vocabulary as VocabularyType } from '../model/vocabulary.js';
import { type Batch, batchesOf, type Example } from './batches.js';
import { fitTemperature, type Prediction } from './calibrate.js';
import { invalid, type LabelledRow, readLabelledRows } from './labelled-rows.js';
import { createNetwork, type Network } from './network.js';
import { createRandom, type Random, shuffle } from './random.js';
import type { Recipe } from './recipe.js';
import { loadTensors, type Tensorflow, type Tensors } from './tensorflow.js';
import { learnVocabulary } from './vocabulary.js';

/** How texts become token ids: the preparation of the scorer, so that both see the same. */
export interface TextPreparation {
  readonly normalise: (text: string) => string;
  readonly wordsOf: (normalised: string) => readonly string[];
  readonly createTokeniser: (
    vocabulary: VocabularyType,
    maxTokens: number,
  ) => (normalised: string) => { readonly tokens: Int32Array };
  /** Pieces that normalising puts in, such as `<url>`. */
  readonly reserved: readonly string[];
}

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
  readonly vocabulary: VocabularyType;
  readonly weights: Weights;
  readonly temperature: number;
  readonly development: readonly DevelopmentFigure[];
  /** Rows trained on, by file. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Posts seen less often than once in this many characters are no reason for a piece of their own. */
const MIN_CHARACTER_COUNT = 8;
const GRADIENT_NORM = 1;
/** Share of the steps in which the rate rises to its full value; then it falls to nothing along a cosine. */
const WARM_UP = 0.05;
const HELD_OUT_SHARE = 0.1;
const REPORT_EVERY_STEPS = 50;
const EVALUATION_ROWS = 256;

interface TrainingSet {
  readonly file: string;
  readonly examples: readonly Example[];
  readonly rowsAnEpoch: number;
  readonly repeat: number;
}

interface DevelopmentSet {
  readonly name: string;
  readonly examples: readonly Example[];
}

/**
 * Trains a network as a recipe says: learns the vocabulary, then the weights, then the temperature that makes
 * probabilities of them. The same recipe and data give the same result on the same machine.
 *
 * @throws SentifluxError SF_TRAIN_NEEDS_TFJS, SF_TRAIN_DATA_INVALID (before any training starts)
 */
export async function train(
  recipe: Recipe,
  text: TextPreparation,
  report: (event: TrainingEvent) => void,
  afterEpoch: (trained: Trained) => Promise<void> = async () => {},
): Promise<Trained> {
  const tensors = await loadTensors();
  const random = createRandom(recipe.seed);
  const { vocabulary, sets, development } = await prepareData(recipe, text, random, report);
  report({ kind: 'vocabulary', size: vocabulary.size });

  const sizes = { vocabulary: vocabulary.size, embedding: recipe.embedding, hidden: recipe.hidden };
  const network = createNetwork(tensors, sizes, random);
  const rows = Object.fromEntries(sets.map(({ file, examples }) => [file, examples.length]));
  const optimiser = createOptimiser(tensors.tf, recipe.learningRate);
  const epochRows = sets.reduce((sum, { rowsAnEpoch, repeat }) => sum + rowsAnEpoch * repeat, 0);
  const steps = Math.ceil(epochRows / recipe.batch) * recipe.epochs;
  let step = 0;
  let trained: Trained | undefined;
  for (let epoch = 1; epoch <= recipe.epochs; epoch += 1) {
    let started = performance.now();
    let posts = 0;
    for (const batch of batchesOf(drawEpoch(sets, random), recipe.batch, random)) {
      const loss = optimiser.step(rateAt(step / steps), () =>
        lossOf(tensors.tf, network, batch, recipe, random),
      );
      step += 1;
      posts += batch.rows;
      if (step % REPORT_EVERY_STEPS !== 0) continue;
      report({
        kind: 'step',
        step,
        steps,
        loss,
        postsPerSecond: (1000 * posts) / (performance.now() - started),
      });
      started = performance.now();
      posts = 0;
      // The loop never waits for anything: signals and progress bars get their turn here.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const predictions = development.map(({ name, examples }) => ({
      name,
      predictions: predict(tensors, network, examples),
    }));
    const figures = predictions.map(({ name, predictions: made }) => ({
      name,
      posts: made.length,
      macroRecall: macroRecall(made),
    }));
    const temperature = fitTemperature(predictions.flatMap(({ predictions: made }) => made));
    trained = { vocabulary, weights: network.weights(), temperature, development: figures, rows };
    report({ kind: 'epoch', epoch, development: figures });
    await afterEpoch(trained);
  }
  network.dispose();
  optimiser.dispose();
  if (trained === undefined) throw new RangeError('a recipe has at least one epoch');
  return trained;
}

async function prepareData(
  recipe: Recipe,
  text: TextPreparation,
  random: Random,
  report: (event: TrainingEvent) => void,
): Promise<{
  readonly vocabulary: VocabularyType;
  readonly sets: readonly TrainingSet[];
  readonly development: readonly DevelopmentSet[];
}> {
  const normalised = (row: LabelledRow): LabelledRow => ({
    label: row.label,
    text: text.normalise(row.text),
  });
  const read = await Promise.all(
    recipe.data.map(async (source) => {
      const { rows, skipped } = await readLabelledRows(source);
      report({ kind: 'data', file: source.file, rows: rows.length, skipped });
      return { source, rows: rows.map(normalised).filter((row) => row.text !== '') };
    }),
  );
  const all = read.flatMap(({ rows }) => rows);
  const labels = new Set(all.map(({ label }) => label));
  if (labels.size < 2) {
    throw invalid(
      `every row is ${[...labels].join()}`,
      'Add rows of the other labels: there is nothing to tell apart.',
    );
  }
  const held = await readDevelopment(recipe, all, random, normalised);
  const heldTexts = new Set(held.flatMap(({ rows }) => rows.map((row) => row.text)));

  const counts = new Map<string, number>();
  for (const { source, rows } of read) {
    for (const row of rows) {
      for (const word of text.wordsOf(row.text))
        counts.set(word, (counts.get(word) ?? 0) + source.vocabularyWeight);
    }
  }
  const vocabulary = learnVocabulary(counts, {
    size: recipe.vocabulary,
    reserved: text.reserved,
    minCharacterCount: Math.min(MIN_CHARACTER_COUNT, Math.ceil(all.length / 1000)),
  });

  const tokenise = text.createTokeniser(vocabulary, recipe.maxTokens);
  const toExamples = (rows: readonly LabelledRow[], weight: number): readonly Example[] => {
    const twoClass = !rows.some(({ label }) => label === 'neutral');
    return rows.flatMap((row) => {
      const { tokens } = tokenise(row.text);
      return tokens.length === 0 ? [] : [{ tokens, label: LABELS.indexOf(row.label), twoClass, weight }];
    });
  };
  const sets = read.map(({ source, rows }) => {
    const examples = toExamples(
      rows.filter((row) => !heldTexts.has(row.text)),
      source.weight,
    );
    const rowsAnEpoch = Math.min(examples.length, source.rowsAnEpoch ?? examples.length);
    return { file: source.file, examples, rowsAnEpoch, repeat: source.repeat };
  });
  const development = held.map(({ name, rows }) => ({ name, examples: toExamples(rows, 1) }));
  return { vocabulary, sets, development };
}

async function readDevelopment(
  recipe: Recipe,
  all: readonly LabelledRow[],
  random: Random,
  normalised: (row: LabelledRow) => LabelledRow,
): Promise<readonly { readonly name: string; readonly rows: readonly LabelledRow[] }[]> {
  if (recipe.development.length === 0) {
    const rows = shuffle([...all], random).slice(0, Math.ceil(all.length * HELD_OUT_SHARE));
    return [{ name: 'held out', rows }];
  }
  return Promise.all(
    recipe.development.map(async (source) => {
      const { rows } = await readLabelledRows(source);
      return { name: source.name, rows: rows.map(normalised) };
    }),
  );
}

/** The examples of one epoch: a new draw from each set that has more than it may give. */
function drawEpoch(sets: readonly TrainingSet[], random: Random): readonly Example[] {
  return sets.flatMap(({ examples, rowsAnEpoch, repeat }) => {
    const drawn =
      rowsAnEpoch < examples.length ? shuffle([...examples], random).slice(0, rowsAnEpoch) : examples;
    return Array.from({ length: repeat }, () => drawn).flat();
  });
}

/** Share of the learning rate, at a share of the steps. */
function rateAt(progress: number): number {
  if (progress < WARM_UP) return progress / WARM_UP;
  return 0.5 * (1 + Math.cos((Math.PI * (progress - WARM_UP)) / (1 - WARM_UP)));
}

/** Mean cross-entropy against smoothed labels, weighted by example. */
function lossOf(
  tf: typeof Tensorflow,
  network: Network,
  batch: Batch,
  recipe: Recipe,
  random: Random,
): Tensorflow.Scalar {
  const { rows, examples } = batch;
  const classes = LABELS.length;
  const target = new Float32Array(rows * classes);
  const closed = new Float32Array(rows * classes);
  examples.forEach(({ label, twoClass, weight }, row) => {
    const open = LABELS.map((name) => !twoClass || name !== 'neutral');
    const share = recipe.labelSmoothing / open.filter(Boolean).length;
    open.forEach((isOpen, index) => {
      const at = row * classes + index;
      if (!isOpen) closed[at] = -1e9;
      else target[at] = weight * (share + (index === label ? 1 - recipe.labelSmoothing : 0));
    });
  });
  const weights = examples.reduce((sum, { weight }) => sum + weight, 0);
  const dropout = { words: recipe.wordDropout, values: recipe.dropout, random };
  const logits = network.logits(batch, dropout).add(tf.tensor2d(closed, [rows, classes]));
  const loss = tf
    .logSoftmax(logits)
    .mul(tf.tensor2d(target, [rows, classes]))
    .sum()
    .div(-weights);
  return loss.asScalar();
}

interface Optimiser {
  /** One step along the gradient. Returns the loss. */
  step(rateShare: number, loss: () => Tensorflow.Scalar): number;
  dispose(): void;
}

/** Adam (Kingma & Ba 2015) with its gradients cut to a norm and a rate that changes with time. */
function createOptimiser(tf: typeof Tensorflow, learningRate: number): Optimiser {
  // tfjs fixes the rate of an optimiser; the property is there for classes that build on it.
  class ScheduledAdam extends tf.AdamOptimizer {
    setRate(rate: number): void {
      this.learningRate = rate;
    }
  }
  const adam = new ScheduledAdam(learningRate, 0.9, 0.99, 1e-7);
  return {
    step(rateShare, loss) {
      adam.setRate(Math.max(learningRate * rateShare, 1e-8));
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss);
        const squares = Object.values(grads).map((gradient) => gradient.square().sum());
        const norm = tf.addN(squares).sqrt();
        const scale = tf.minimum(1, tf.div(GRADIENT_NORM, norm.add(1e-6)));
        adam.applyGradients(
          Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, gradient.mul(scale)])),
        );
        return value.dataSync()[0] ?? Number.NaN;
      });
    },
    dispose: () => adam.dispose(),
  };
}

function predict({ tf }: Tensors, network: Network, examples: readonly Example[]): readonly Prediction[] {
  const predictions: Prediction[] = [];
  // The order is of no matter here; the seed only has to be one.
  for (const batch of batchesOf(examples, EVALUATION_ROWS, createRandom(0))) {
    const logits = tf.tidy(() => network.logits(batch).dataSync());
    batch.examples.forEach(({ label, twoClass }, row) => {
      predictions.push({
        label,
        twoClass,
        logits: [...logits.slice(row * LABELS.length, (row + 1) * LABELS.length)],
      });
    });
  }
  return predictions;
}

function macroRecall(predictions: readonly Prediction[]): number {
  const right = LABELS.map(() => 0);
  const all = LABELS.map(() => 0);
  for (const { label, twoClass, logits } of predictions) {
    const open = logits.map((logit, index) =>
      twoClass && LABELS[index] === 'neutral' ? Number.NEGATIVE_INFINITY : logit,
    );
    const best = open.indexOf(Math.max(...open));
    all[label] = (all[label] ?? 0) + 1;
    if (best === label) right[label] = (right[label] ?? 0) + 1;
  }
  const recalls = all.flatMap((count, label) => (count === 0 ? [] : [(right[label] ?? 0) / count]));
  return recalls.reduce((sum, recall) => sum + recall, 0) / Math.max(1, recalls.length);
}

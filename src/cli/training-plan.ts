import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SentifluxError } from '../contracts/errors.js';
import type { ModelBundle } from '../model/bundle.js';
import { loadModel } from '../pipelines/model.js';
import { normalise } from '../preprocess/normalise.js';
import type { CheckedRow } from '../training/check-labels.js';
import {
  countsOf,
  digestOf,
  partsOf,
  type RowParts,
  readHeldBackRows,
  readOwnRows,
  writeRows,
} from '../training/own-rows.js';
import { createRandom } from '../training/random.js';
import { type Recipe, type RecipeInput, recipeSchema } from '../training/recipe.js';
import { readRecipeFile } from './recipe-file.js';

export interface PlanOptions {
  readonly data?: readonly string[];
  readonly recipe?: string;
  readonly base?: string;
  readonly heldBack?: string;
  readonly languages?: string;
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly keep?: number;
  readonly seed?: number;
}

/** What a training is made from. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  readonly base?: ModelBundle;
  /** Share of the base's weights that stays in the result. */
  readonly kept: number;
  /** Rows to measure the base and the new model on. */
  readonly heldBack: readonly CheckedRow[];
  /** What the user should know before it begins, as lines. */
  readonly notes: readonly string[];
  /** Names of the user's own files, in place of those that are made from them. */
  readonly dataNames?: readonly string[];
  /** Removes what was written for this training only. */
  close(): Promise<void>;
}

/** Found by trying (docs/training.md): the rows' own tone is learnt, and little of what the base knows is lost. */
const FINE_TUNING = { epochs: 3, learningRate: 0.001, batch: 32 };
const KEPT = 0.25;

/**
 * Reads what the command line asks to train from, and checks it before any training starts.
 *
 * @throws SentifluxError SF_USAGE, SF_TRAIN_DATA_INVALID, SF_MODEL_UNREADABLE, SF_MODEL_INVALID
 */
export async function planTraining(options: PlanOptions): Promise<TrainingPlan> {
  const { data, recipe, base, heldBack } = options;
  if ((data === undefined) === (recipe === undefined)) {
    throw usage('training needs either data or a recipe.', 'Give --data FILE… or --recipe FILE.');
  }
  if (recipe !== undefined && base !== undefined) {
    throw usage('a recipe begins with a new network.', 'Give --base together with --data FILE….');
  }
  for (const [name, value] of Object.entries({ '--held-back': heldBack, '--keep': options.keep })) {
    if (value !== undefined && base === undefined) {
      throw usage(`${name} is about a base, and there is none.`, 'Give --base DIRECTORY.');
    }
  }
  const overrides = {
    ...(options.languages !== undefined && { languages: options.languages.split(',') }),
    ...(options.epochs !== undefined && { epochs: options.epochs }),
    ...(options.learningRate !== undefined && { learningRate: options.learningRate }),
    ...(options.seed !== undefined && { seed: options.seed }),
  };
  if (recipe !== undefined) {
    return {
      recipe: await readRecipeFile(recipe, overrides),
      kept: 0,
      heldBack: [],
      notes: [],
      close: async () => {},
    };
  }
  return planOwnData(data ?? [], options, overrides);
}

async function planOwnData(
  files: readonly string[],
  options: PlanOptions,
  overrides: Partial<RecipeInput>,
): Promise<TrainingPlan> {
  const { rows, notes } = await readOwnRows(files, normalise);
  const reported = options.heldBack === undefined ? undefined : await readHeldBackRows(options.heldBack);
  const base = options.base === undefined ? undefined : await loadModel(options.base);
  const random = createRandom(overrides.seed ?? 1);
  const parts = partsOf(rows, reported?.rows ?? base !== undefined, random);
  const folder = await mkdtemp(join(tmpdir(), 'sentiflux-train-'));
  const recipe = recipeSchema.parse({
    ...(base !== undefined && baseSettings(base, rows)),
    ...(await writeParts(folder, parts)),
    ...overrides,
  });
  return {
    recipe,
    ...(base !== undefined && { base }),
    kept: options.keep ?? KEPT,
    heldBack: parts.heldBack,
    notes: [...notes, ...(reported?.notes ?? []), describe(parts, files)],
    dataNames: files.map((file) => basename(file)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function baseSettings(
  { manifest, vocabulary }: ModelBundle,
  rows: readonly CheckedRow[],
): Partial<RecipeInput> {
  const { version, languages, maxTokens, architecture } = manifest;
  return {
    ...FINE_TUNING,
    // Versions tell results of models apart, so other rows give another one.
    version: `${version}+${digestOf(rows)}`,
    languages: [...languages],
    maxTokens,
    vocabulary: vocabulary.size,
    embedding: architecture.embedding,
    hidden: architecture.hidden,
  };
}

/** The parts as files, for a recipe names files; outside the output, which may be handed on. */
async function writeParts(
  folder: string,
  { training, tuning, heldBack }: RowParts,
): Promise<Pick<RecipeInput, 'data' | 'development' | 'evaluation'>> {
  const write = async (name: string, rows: readonly CheckedRow[]): Promise<string> => {
    const file = join(folder, name);
    await writeRows(file, rows);
    return file;
  };
  return {
    data: [{ file: await write('training.tsv', training) }],
    development: [{ name: 'tuning part', file: await write('tuning.tsv', tuning) }],
    evaluation:
      heldBack.length === 0 ? [] : [{ name: 'held-back part', file: await write('held-back.tsv', heldBack) }],
  };
}

function describe({ training, tuning, heldBack }: RowParts, files: readonly string[]): string {
  const held = heldBack.length === 0 ? '' : `, ${heldBack.length} held back (${countsOf(heldBack)})`;
  const names = files.map((file) => basename(file)).join(', ');
  return `${names}: ${training.length} rows to train on (${countsOf(training)}), ${tuning.length} to tune on${held}`;
}

function usage(problem: string, hint: string): SentifluxError {
  return new SentifluxError('SF_USAGE', problem, { hint });
}

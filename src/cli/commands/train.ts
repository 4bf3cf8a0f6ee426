import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { SentifluxError } from '../../contracts/errors.js';
import { writeBundle } from '../../model/bundle.js';
import { normalise, PLACEHOLDERS } from '../../preprocess/normalise.js';
import { createTokeniser } from '../../preprocess/tokenise.js';
import { PREPROCESSOR_VERSION } from '../../preprocess/version.js';
import { wordsOf } from '../../preprocess/words.js';
import { type Recipe, recipeSchema } from '../../training/recipe.js';
import { type Trained, type TrainingEvent, train } from '../../training/train.js';
import { readRecipeFile } from '../recipe-file.js';
import { commandToResume, stopOnSignals } from '../stop-on-signals.js';
import { figures, TrainReport } from '../train-report.js';
import { openTrainingLog } from '../training-log.js';

interface TrainOptions {
  readonly data?: readonly string[];
  readonly recipe?: string;
  readonly output: string;
  readonly languages?: string;
  readonly epochs?: number;
  readonly seed?: number;
  readonly resume?: boolean;
  readonly checkpointMinutes: number;
}

export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description('train a model on labelled posts (TSV with a header and the columns label and text)')
    .option('-d, --data <file...>', 'files to train on; a tenth is held back to tune on')
    .option('-r, --recipe <file>', 'recipe (YAML) instead: files, weights, sizes; see models/recipe.yaml')
    .requiredOption('-o, --output <directory>', 'where the model bundle is written')
    .option('-l, --languages <codes>', 'languages of the posts, e.g. en,zh (default: en)')
    .option('--epochs <n>', 'times that the data is gone through', positive)
    .option('--seed <n>', 'of everything that is random', wholeNumber)
    .option('--resume', 'go on from the checkpoint in the output directory, if there is one')
    .option('--checkpoint-minutes <n>', 'minutes between two checkpoints', positive, 5)
    .action(runTraining);
}

async function runTraining(options: TrainOptions): Promise<void> {
  const { output, resume = false } = options;
  const recipe = await readRecipe(options);
  const preparation = { normalise, wordsOf, createTokeniser, reserved: PLACEHOLDERS };
  const log = openTrainingLog(output);
  const report = new TrainReport();
  const checkpoint = join(output, '.checkpoint');
  if (existsSync(checkpoint) && !resume) {
    report.say(`${checkpoint} of an earlier training will be replaced; --resume would go on from it`);
  }
  const signals = stopOnSignals();
  const onEvent = (event: TrainingEvent): void => {
    // Until the first step there is nothing to keep: a signal ends the process as it does by default.
    if (event.kind === 'start') signals.listen();
    if (event.kind !== 'data' && event.kind !== 'vocabulary') log.add(event);
    report.event(event);
  };
  try {
    const outcome = await train(recipe, preparation, {
      report: onEvent,
      afterEpoch: (trained) => save(output, recipe, trained),
      stop: signals.stop,
      checkpoints: { file: checkpoint, everyMinutes: options.checkpointMinutes, resume },
    });
    if (outcome.kind === 'stopped') {
      report.say(`stopped after step ${outcome.step} of ${outcome.steps}; to go on: ${commandToResume()}`);
      process.exitCode = signals.exitCode();
      return;
    }
    report.stop();
    process.stdout.write(`${output}: ${figures(outcome.trained.development)}\n`);
    report.say(`measure it on posts that it has not seen: sentiflux evaluate --model ${output} --data FILE`);
  } finally {
    signals.close();
    report.stop();
  }
}

async function save(output: string, recipe: Recipe, trained: Trained): Promise<void> {
  await writeBundle(output, {
    vocabulary: trained.vocabulary,
    weights: trained.weights,
    manifest: {
      version: recipe.version,
      createdAt: new Date().toISOString(),
      preprocessor: PREPROCESSOR_VERSION,
      languages: recipe.languages,
      maxTokens: recipe.maxTokens,
      architecture: { kind: 'bilstm', embedding: recipe.embedding, hidden: recipe.hidden },
      calibration: { temperature: trained.temperature },
      training: {
        seed: recipe.seed,
        epochs: recipe.epochs,
        data: trained.data,
        development: trained.development,
      },
    },
  });
}

async function readRecipe(options: TrainOptions): Promise<Recipe> {
  const overrides = {
    ...(options.languages !== undefined && { languages: options.languages.split(',') }),
    ...(options.epochs !== undefined && { epochs: options.epochs }),
    ...(options.seed !== undefined && { seed: options.seed }),
  };
  if (options.recipe !== undefined) return readRecipeFile(options.recipe, overrides);
  if (options.data === undefined) {
    throw new SentifluxError('SF_USAGE', 'there is nothing to train on.', {
      hint: 'Give --data FILE… or --recipe FILE.',
    });
  }
  return recipeSchema.parse({ data: options.data.map((file) => ({ file })), ...overrides });
}

function wholeNumber(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError('It must be a whole number.');
  return parsed;
}

function positive(value: string): number {
  const parsed = wholeNumber(value);
  if (parsed === 0) throw new InvalidArgumentError('It must be at least 1.');
  return parsed;
}

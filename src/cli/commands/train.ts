import { type Command, InvalidArgumentError } from 'commander';
import { SentifluxError } from '../../contracts/errors.js';
import { writeBundle } from '../../model/bundle.js';
import { normalise, PLACEHOLDERS } from '../../preprocess/normalise.js';
import { createTokeniser } from '../../preprocess/tokenise.js';
import { PREPROCESSOR_VERSION } from '../../preprocess/version.js';
import { wordsOf } from '../../preprocess/words.js';
import { type Recipe, recipeSchema } from '../../training/recipe.js';
import { type Trained, type TrainingEvent, train } from '../../training/train.js';
import { openProgress } from '../progress.js';
import { readRecipeFile } from '../recipe-file.js';

interface TrainOptions {
  readonly data?: readonly string[];
  readonly recipe?: string;
  readonly output: string;
  readonly languages?: string;
  readonly epochs?: number;
  readonly seed?: number;
}

export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description('train a model on labelled posts (TSV with a header and the columns label and text)')
    .option('-d, --data <file...>', 'files to train on; a tenth is held back to tune on')
    .option('-r, --recipe <file>', 'recipe (YAML) instead: files, weights, sizes; see models/recipe.yaml')
    .requiredOption('-o, --output <directory>', 'where the model bundle is written')
    .option('-l, --languages <codes>', 'languages of the posts, e.g. en,zh (default: en)')
    .option('--epochs <n>', 'times that the data is gone through', wholeNumber)
    .option('--seed <n>', 'of everything that is random', wholeNumber)
    .action(runTraining);
}

async function runTraining(options: TrainOptions): Promise<void> {
  const recipe = await readRecipe(options);
  const preparation = { normalise, wordsOf, createTokeniser, reserved: PLACEHOLDERS };
  let progress = openProgress('steps', undefined);
  const report = (event: TrainingEvent): void => {
    switch (event.kind) {
      case 'data':
        say(
          `${event.file}: ${event.rows} rows${event.skipped > 0 ? `, ${event.skipped} without a label skipped` : ''}`,
        );
        break;
      case 'vocabulary':
        say(`vocabulary of ${event.size} pieces`);
        break;
      case 'step': {
        if (event.step <= 50) {
          progress.stop();
          progress = openProgress('steps', event.steps);
        }
        const detail = `loss ${event.loss.toFixed(3)}, ${Math.round(event.postsPerSecond)} posts/s`;
        progress.set(event.step, detail);
        if (event.step % 500 === 0) say(`step ${event.step} of ${event.steps}: ${detail}`);
        break;
      }
      case 'epoch':
        say(`epoch ${event.epoch}: ${figures(event.development)}`);
        break;
    }
  };
  const save = async (trained: Trained): Promise<void> => {
    await writeBundle(options.output, {
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
  };
  try {
    const trained = await train(recipe, preparation, report, save);
    progress.stop();
    process.stdout.write(`${options.output}: ${figures(trained.development)}\n`);
  } finally {
    progress.stop();
  }
}

function figures(development: Trained['development']): string {
  return development
    .map(
      ({ name, posts, macroRecall }) =>
        `${name} ${(100 * macroRecall).toFixed(1)} macro recall (${posts} posts)`,
    )
    .join(', ');
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function readRecipe(options: TrainOptions): Promise<Recipe> {
  const overrides = {
    ...(options.languages && { languages: options.languages.split(',') }),
    ...(options.epochs && { epochs: options.epochs }),
    ...(options.seed !== undefined && { seed: options.seed }),
  };
  if (options.recipe === undefined) {
    if (options.data === undefined) {
      throw new SentifluxError('SF_USAGE', 'there is nothing to train on.', {
        hint: 'Give --data FILE… or --recipe FILE.',
      });
    }
    return recipeSchema.parse({ data: options.data.map((file) => ({ file })), ...overrides });
  }
  return readRecipeFile(options.recipe, overrides);
}

function wholeNumber(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError('It must be a whole number.');
  return parsed;
}

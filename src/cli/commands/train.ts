import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { SentifluxError } from '../../contracts/errors.js';
import { type Evaluation, evaluate } from '../../evaluation/evaluate.js';
import { writeBundle } from '../../model/bundle.js';
import { normalise, PLACEHOLDERS } from '../../preprocess/normalise.js';
import { createTokeniser } from '../../preprocess/tokenise.js';
import { PREPROCESSOR_VERSION } from '../../preprocess/version.js';
import { isIdeograph, wordsOf } from '../../preprocess/words.js';
import { type Trained, type TrainingEvent, type TrainingHooks, train } from '../../training/train.js';
import { beforeAfterPage, verdict } from '../before-after.js';
import { wholeNumber } from '../option-values.js';
import { commandToResume, stopOnSignals } from '../stop-on-signals.js';
import { figures, TrainReport } from '../train-report.js';
import { openTrainingLog, type TrainingLog } from '../training-log.js';
import { type PlanOptions, planTraining, type TrainingPlan } from '../training-plan.js';
import { withScorer } from '../with-scorer.js';

interface TrainOptions extends PlanOptions {
  readonly output: string;
  readonly resume?: boolean;
  readonly checkpointMinutes: number;
}

export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description('train a model on labelled posts (TSV or CSV with a header and the columns label and text)')
    .option('-d, --data <file...>', 'files to train on; a tenth is held back to tune on')
    .option(
      '-b, --base <directory>',
      'model bundle to go on from; measured before and after on a held-back fifth',
    )
    .option('--held-back <file>', 'file to measure on instead of a fifth of the data')
    .option('-r, --recipe <file>', 'recipe (YAML) instead: files, weights, sizes; see models/recipe.yaml')
    .requiredOption('-o, --output <directory>', 'where the model bundle is written')
    .option(
      '-l, --languages <codes>',
      'languages of the posts, e.g. en,zh (default: en, or those of the base)',
    )
    .option('--keep <share>', "share of the base's weights that stays, 0 to 1 (default: 0.25)", share)
    .option('--epochs <n>', 'times that the data is gone through', positive)
    .option('--learning-rate <n>', 'size of the steps', positiveNumber)
    .option('--seed <n>', 'of everything that is random', wholeNumber)
    .option('--resume', 'go on from the checkpoint in the output directory, if there is one')
    .option('--checkpoint-minutes <n>', 'minutes between two checkpoints', positive, 5)
    .action(run);
}

async function run(options: TrainOptions): Promise<void> {
  const { output, base } = options;
  if (base !== undefined && resolve(base) === resolve(output)) {
    throw new SentifluxError('SF_USAGE', 'the new model would replace its base.', {
      hint: 'Name another directory with --output.',
    });
  }
  const plan = await planTraining(options);
  const report = new TrainReport();
  try {
    for (const note of plan.notes) report.say(note);
    const log = openTrainingLog(output);
    const measure = (model: string): Promise<Evaluation> =>
      withScorer({ model, threads: 1 }, (scorer) => evaluate(plan.heldBack, scorer));
    const before = base === undefined ? undefined : await measure(base);
    const trained = await runTraining(plan, options, report, log);
    if (trained === undefined) return;
    if (before === undefined) {
      process.stdout.write(`${output}: ${figures(trained.development)}\n`);
    } else {
      const after = await measure(output);
      process.stdout.write(`${output}\n${beforeAfterPage(before, after)}`);
      const doubt = verdict(before, after);
      if (doubt !== undefined) report.say(doubt);
    }
    report.say(`next, posts that it has not seen: sentiflux evaluate --model ${output} --data FILE`);
  } finally {
    report.stop();
    await plan.close();
  }
}

/** @returns undefined where a signal has stopped it */
async function runTraining(
  plan: TrainingPlan,
  { output, resume = false, checkpointMinutes }: TrainOptions,
  report: TrainReport,
  log: TrainingLog,
): Promise<Trained | undefined> {
  const preparation = { normalise, wordsOf, isIdeograph, createTokeniser, reserved: PLACEHOLDERS };
  const checkpoint = join(output, '.checkpoint');
  if (existsSync(checkpoint) && !resume) {
    report.say(`${checkpoint} of an earlier training will be replaced; --resume would go on from it`);
  }
  const signals = stopOnSignals();
  const onEvent = (event: TrainingEvent): void => {
    // Until the first step there is nothing to keep: a signal ends the process as it does by default.
    if (event.kind === 'start') signals.listen();
    if (event.kind === 'start' || event.kind === 'step' || event.kind === 'epoch') log.add(event);
    const named = namedByUser(event, plan);
    if (named !== undefined) report.event(named);
  };
  const hooks: TrainingHooks = {
    report: onEvent,
    afterEpoch: (trained) => save(output, plan, trained),
    stop: signals.stop,
    checkpoints: { file: checkpoint, everyMinutes: checkpointMinutes, resume },
  };
  try {
    const base = plan.base && { ...plan.base, kept: plan.kept };
    const outcome = await train(plan.recipe, preparation, hooks, base);
    report.stop();
    if (outcome.kind === 'trained') return outcome.trained;
    report.say(`stopped after step ${outcome.step} of ${outcome.steps}; to go on: ${commandToResume()}`);
    process.exitCode = signals.exitCode();
    return undefined;
  } finally {
    signals.close();
  }
}

/** Of a user's own files, of which parts are made, all has been said but what is left out. */
function namedByUser(event: TrainingEvent, { dataNames }: TrainingPlan): TrainingEvent | undefined {
  if (dataNames === undefined) return event;
  if (event.kind === 'duplicates') return { ...event, file: dataNames.join(', ') };
  return event.kind === 'data' ? undefined : event;
}

async function save(output: string, plan: TrainingPlan, trained: Trained): Promise<void> {
  const { recipe, base, dataNames } = plan;
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
      calibration: trained.calibration,
      training: {
        ...(base !== undefined && { base: { version: base.manifest.version, kept: plan.kept } }),
        seed: recipe.seed,
        epochs: recipe.epochs,
        data:
          dataNames === undefined
            ? trained.data
            : trained.data.map(({ rows }) => ({ file: dataNames.join(', '), rows })),
        development: trained.development,
      },
    },
  });
}

function positive(value: string): number {
  const parsed = wholeNumber(value);
  if (parsed === 0) throw new InvalidArgumentError('It must be at least 1.');
  return parsed;
}

function positiveNumber(value: string): number {
  const parsed = Number(value);
  if (!(parsed > 0 && Number.isFinite(parsed)))
    throw new InvalidArgumentError('It must be a number above 0.');
  return parsed;
}

function share(value: string): number {
  const parsed = Number(value);
  if (!(parsed >= 0 && parsed <= 1)) throw new InvalidArgumentError('It must be between 0 and 1.');
  return parsed;
}

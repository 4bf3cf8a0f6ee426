import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { LABELS } from '../../contracts/labels.js';
import { type Evaluation, type EvaluationRow, evaluate } from '../../evaluation/evaluate.js';
import { readLabelledRows } from '../../training/labelled-rows.js';
import type { Recipe } from '../../training/recipe.js';
import { evaluationPage, type SetOutcome, setTable } from '../evaluation-page.js';
import { openProgress } from '../progress.js';
import { readRecipeFile } from '../recipe-file.js';
import { engineOption, modelOption, precisionOption, type ScorerOptions } from '../scorer-options.js';
import { withScorer } from '../with-scorer.js';

type HeldBackSet = Recipe['evaluation'][number];

interface EvaluateOptions extends ScorerOptions {
  readonly data?: string;
  readonly recipe?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description('measure a model on labelled posts (TSV with a header and the columns label and text)')
    .option('-d, --data <file>', 'file to read')
    .option('-r, --recipe <file>', 'recipe (YAML) whose held-back sets are measured instead, one line each')
    .option(
      '-s, --set <names...>',
      'only these sets of the recipe (default: all that stand under evaluation)',
    )
    .addOption(modelOption())
    .addOption(engineOption())
    .addOption(precisionOption())
    .option('--json', 'as JSON')
    .action(run);
}

async function run(options: EvaluateOptions): Promise<void> {
  const { data, recipe, set } = options;
  if ((data === undefined) === (recipe === undefined)) {
    throw new SentifluxError('SF_USAGE', 'evaluate reads one file or the sets of one recipe.', {
      hint: 'Give either --data FILE or --recipe FILE.',
    });
  }
  if (data !== undefined && set !== undefined) {
    throw new SentifluxError('SF_USAGE', '--set names sets of a recipe, and there is none.', {
      hint: 'Give --recipe FILE.',
    });
  }
  const print = (value: unknown, page: () => string): void => {
    process.stdout.write(options.json === true ? `${JSON.stringify(value, null, 2)}\n` : page());
  };
  if (data !== undefined) {
    const rows = await readRows(data);
    const [evaluation] = await evaluateEach([rows], options);
    if (evaluation !== undefined) print(evaluation, () => evaluationPage(evaluation));
  } else if (recipe !== undefined) {
    const outcomes = await evaluateSets(await setsOf(recipe, set), options);
    print(outcomes, () => setTable(outcomes));
  }
}

/** The sets of a recipe that are asked for. */
async function setsOf(file: string, names: readonly string[] | undefined): Promise<readonly HeldBackSet[]> {
  const { evaluation, development } = await readRecipeFile(file);
  if (names === undefined && evaluation.length > 0) return evaluation;
  const all = [...evaluation, ...development];
  if (names === undefined) throw invalid(`${file} has no set under evaluation`, 'Name others with --set.');
  return names.map((name) => {
    const found = all.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw invalid(
      `${file} has no set "${name}"`,
      `Its sets are ${all.map((candidate) => candidate.name).join(', ') || 'none at all'}.`,
    );
  });
}

async function evaluateSets(
  sets: readonly HeldBackSet[],
  options: ScorerOptions,
): Promise<readonly SetOutcome[]> {
  const read = await Promise.all(
    sets.map(async (source) => {
      try {
        return { set: source.name, rows: (await readLabelledRows(source)).rows };
      } catch (error) {
        return { set: source.name, problem: messageOf(error) };
      }
    }),
  );
  const readable = read.flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
  if (readable.length === 0) {
    throw invalid(
      `none of the sets can be read (${read.map(({ problem }) => problem).join('; ')})`,
      'Check the paths.',
    );
  }
  const evaluations = (await evaluateEach(readable, options)).values();
  return read.map(({ set, problem }): SetOutcome => {
    if (problem !== undefined) return { set, kind: 'unreadable', problem };
    const evaluation = evaluations.next().value;
    if (evaluation === undefined) throw new Error(`no figures came for the set ${set}`);
    return { set, kind: 'evaluated', evaluation };
  });
}

/** Measures one model on several lists of rows. */
async function evaluateEach(
  lists: readonly (readonly EvaluationRow[])[],
  options: ScorerOptions,
): Promise<readonly Evaluation[]> {
  const progress = openProgress(
    'scored',
    lists.reduce((sum, rows) => sum + rows.length, 0),
  );
  try {
    return await withScorer(options, async (scorer) => {
      const evaluations: Evaluation[] = [];
      let before = 0;
      for (const rows of lists) {
        evaluations.push(await evaluate(rows, scorer, (scored) => progress.set(before + scored)));
        before += rows.length;
      }
      return evaluations;
    });
  } finally {
    progress.stop();
  }
}

async function readRows(file: string): Promise<readonly EvaluationRow[]> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(`cannot read ${file}: ${messageOf(cause)}`, 'Check the path.', cause);
  }
  const lines = content.replace(/^\ufeff/, '').split(/\r?\n/);
  const header = (lines.shift() ?? '').split('\t').map((column) => column.trim());
  const [labelAt, textAt] = [header.indexOf('label'), header.indexOf('text')];
  if (labelAt < 0 || textAt < 0) {
    throw invalid(
      `${file} has the columns ${JSON.stringify(header)}`,
      'Give it a header line with the columns label and text, separated by tabs.',
    );
  }
  const rows = lines.filter(Boolean).map((line) => {
    const cells = line.split('\t');
    return { label: cells[labelAt] ?? '', text: cells[textAt] ?? '' };
  });
  if (!rows.some(({ label }) => LABELS.some((name) => name === label.trim()))) {
    throw invalid(`${file} has no row with a label`, `Labels are ${LABELS.join(', ')}.`);
  }
  return rows;
}

function invalid(problem: string, hint: string, cause?: unknown): SentifluxError {
  return new SentifluxError('SF_EVALUATE_DATA_INVALID', `${problem}.`, { hint, cause });
}

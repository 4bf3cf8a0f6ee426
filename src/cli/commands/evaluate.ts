import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { LABELS } from '../../contracts/labels.js';
import { type Evaluation, type EvaluationRow, evaluate } from '../../evaluation/evaluate.js';
import { openScorer } from '../../pipelines/scorer.js';
import { createLogger } from '../logger.js';
import { openProgress } from '../progress.js';
import {
  engineOption,
  modelOption,
  precisionOption,
  type ScorerOptions,
  scorerConfig,
} from '../scorer-options.js';

interface EvaluateOptions extends ScorerOptions {
  readonly data: string;
  readonly json?: boolean;
}

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description('measure a model on labelled posts (TSV with a header and the columns label and text)')
    .requiredOption('-d, --data <file>', 'file to read')
    .addOption(modelOption())
    .addOption(engineOption())
    .addOption(precisionOption())
    .option('--json', 'as JSON')
    .action(run);
}

async function run(options: EvaluateOptions): Promise<void> {
  const rows = await readRows(options.data);
  const scorer = await openScorer({
    config: await scorerConfig(options),
    brands: [],
    logger: createLogger('warn'),
  });
  const progress = openProgress('scored', rows.length);
  let evaluation: Evaluation;
  try {
    evaluation = await evaluate(rows, scorer, (scored) => progress.set(scored));
  } finally {
    progress.stop();
    await scorer.close();
  }
  process.stdout.write(options.json === true ? `${JSON.stringify(evaluation, null, 2)}\n` : page(evaluation));
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

function page(evaluation: Evaluation): string {
  const { n, skipped, accuracy, macroRecall, macroF1, ece, perClass, confusion } = evaluation;
  const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);
  const present = LABELS.filter((label) => perClass[label].support > 0);
  return [
    `${n} posts, ${skipped} skipped`,
    `macro recall ${percent(macroRecall)}   macro F1 ${percent(macroF1)}   accuracy ${percent(accuracy)}   calibration error ${ece.toFixed(3)}`,
    '',
    'label     precision  recall     F1  posts',
    ...present.map((label) => {
      const { precision, recall, f1, support } = perClass[label];
      return `${label.padEnd(9)}     ${percent(precision)}   ${percent(recall)}  ${percent(f1)}  ${String(support).padStart(5)}`;
    }),
    '',
    `gold \\ predicted  ${LABELS.map((label) => label.padStart(8)).join('  ')}`,
    ...present.map(
      (gold) =>
        `${gold.padEnd(16)}  ${LABELS.map((label) => String(confusion[gold][label]).padStart(8)).join('  ')}`,
    ),
    '',
  ].join('\n');
}

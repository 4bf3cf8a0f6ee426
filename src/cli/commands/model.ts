import { type Command, Option } from 'commander';
import { SentifluxError } from '../../contracts/errors.js';
import { compare } from '../../evaluation/compare.js';
import { loadBundle } from '../../model/bundle.js';
import { openScorer, type Scorer, shippedModel } from '../../pipelines/scorer.js';
import { scoreWithBoth, type TextRecord } from '../compare-models.js';
import { comparisonPage } from '../comparison-page.js';
import { createLogger } from '../logger.js';
import { manifestPage } from '../manifest-page.js';
import { wholeNumber } from '../option-values.js';
import { openProgress } from '../progress.js';
import { FORMATS, type Format, readRecords } from '../records.js';
import { engineOption, precisionOption, type ScorerOptions, scorerConfig } from '../scorer-options.js';
import { addShadowCommand } from './model-shadow.js';

interface JsonOption {
  readonly json?: boolean;
}

interface CompareOptions extends Omit<ScorerOptions, 'model'>, JsonOption {
  readonly data: string;
  readonly format?: Format;
  readonly textField: string;
  readonly examples: number;
}

export function addModelCommand(program: Command): void {
  const model = program.command('model').description('show a model bundle, or what another one would change');
  model
    .command('show')
    .description('what a bundle holds, and whether its files are those that it was written with')
    .argument('[directory]', 'directory of a model bundle (default: the shipped one)')
    .option('--json', 'its manifest as JSON')
    .action(show);
  model
    .command('compare')
    .description('what would change if model B took the place of model A: labels, negative share, polarity')
    .argument('<A>', 'directory of the model bundle that runs now')
    .argument('<B>', 'directory of the one to take its place')
    .requiredOption(
      '-d, --data <file>',
      'posts to score with both (NDJSON, CSV, TSV or plain text); their field label, where they have it, is what people say',
    )
    .addOption(
      new Option(
        '-f, --format <format>',
        'format of the posts (default: told from the file name, else from the content)',
      ).choices(FORMATS),
    )
    .option('-t, --text-field <name>', 'column, or path such as post.body, of the text', 'text')
    .option('-n, --examples <n>', 'how many changed posts to show, the most confident first', wholeNumber, 10)
    .addOption(engineOption())
    .addOption(precisionOption())
    .option('--json', 'as JSON; changed posts by their lines, without their texts')
    .action(runCompare);
  addShadowCommand(model);
}

async function show(directory: string | undefined, options: JsonOption): Promise<void> {
  const bundle = directory ?? shippedModel();
  const { manifest } = await loadBundle(bundle);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(manifest, null, 2)}\n` : manifestPage(bundle, manifest),
  );
}

async function runCompare(a: string, b: string, options: CompareOptions): Promise<void> {
  const { records, unreadable } = await readTexts(options);
  const scorers: Scorer[] = [];
  const open = async (model: string): Promise<Scorer> => {
    const scorer = await openScorer({
      config: await scorerConfig({ ...options, model }),
      brands: [],
      logger: createLogger('warn'),
    });
    scorers.push(scorer);
    return scorer;
  };
  const progress = openProgress('scored', records.length);
  try {
    const models = { before: await open(a), after: await open(b) };
    const posts = await scoreWithBoth(records, models, (scored) => progress.set(scored));
    const comparison = compare(posts);
    const skipped = unreadable + records.length - posts.length;
    if (options.json === true) {
      const flips = comparison.flips.slice(0, options.examples).map(({ text: _, ...flip }) => flip);
      process.stdout.write(`${JSON.stringify({ ...comparison, flips, skipped }, null, 2)}\n`);
    } else {
      progress.stop();
      process.stdout.write(comparisonPage(comparison, skipped, options.examples));
    }
  } finally {
    progress.stop();
    await Promise.all(scorers.map((scorer) => scorer.close()));
  }
}

async function readTexts(
  options: CompareOptions,
): Promise<{ readonly records: readonly TextRecord[]; readonly unreadable: number }> {
  const records: TextRecord[] = [];
  let unreadable = 0;
  for await (const record of readRecords({ ...options, input: options.data })) {
    if (record.kind === 'text') records.push(record);
    else unreadable += 1;
  }
  if (records.length === 0) {
    throw new SentifluxError('SF_EVALUATE_DATA_INVALID', `${options.data} holds no text.`, {
      hint: 'Check the path and --text-field.',
    });
  }
  return { records, unreadable };
}

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type Command, Option } from 'commander';
import { loadBrands } from '../../config/load.js';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import type { TextOutcome } from '../../contracts/text-score.js';
import type { TextScorer } from '../../contracts/text-scorer.js';
import { openScorer } from '../../pipelines/scorer.js';
import { createLogger } from '../logger.js';
import { openProgress } from '../progress.js';
import { FORMATS, type Format, type InputRecord, readRecords } from '../records.js';
import {
  engineOption,
  modelOption,
  precisionOption,
  type ScorerOptions,
  scorerConfig,
} from '../scorer-options.js';

/** Texts that go to the scorer threads together, and how many such groups are under way at once. */
const GROUP = 512;
const GROUPS_IN_FLIGHT = 8;

interface ScoreOptions extends ScorerOptions {
  readonly input: string;
  readonly format?: Format;
  readonly textField: string;
  readonly brands?: string;
  readonly explain?: boolean;
  readonly output: string;
}

export function addScoreCommand(program: Command): void {
  program
    .command('score')
    .description('score a file or standard input, without any service: one NDJSON line a record, in order')
    .option('-i, --input <file>', 'file to read; - for standard input', '-')
    .addOption(
      new Option(
        '-f, --format <format>',
        'format of the input (default: told from the file name, else from the content)',
      ).choices(FORMATS),
    )
    .option('-t, --text-field <name>', 'column, or path such as post.body, of the text', 'text')
    .addOption(modelOption())
    .addOption(engineOption())
    .addOption(precisionOption())
    .option('-b, --brands <file>', 'brands to match (YAML, as in config/brands.yaml)')
    .option('-x, --explain', 'also tell what each word did for the label: as slow as scoring a text a word')
    .option('-o, --output <file>', 'file to write; - for standard output', '-')
    .action(score);
}

async function score(options: ScoreOptions): Promise<void> {
  const brands = options.brands === undefined ? [] : await loadBrands(options.brands);
  const scorer = await openScorer({
    config: await scorerConfig(options),
    brands,
    logger: createLogger('warn'),
  });
  const output = await openOutput(options.output);
  const progress = openProgress('scored', undefined);
  let done = 0;
  let unreadable = 0;
  const started = performance.now();
  try {
    const write = async (lines: readonly string[]): Promise<void> => {
      await output.write(`${lines.join('\n')}\n`);
      done += lines.length;
      progress.set(done, `(${Math.round((1000 * done) / (performance.now() - started))}/s)`);
    };
    const inFlight: Promise<readonly string[]>[] = [];
    for await (const group of groups(readRecords(options), GROUP)) {
      unreadable += group.filter(({ kind }) => kind === 'unreadable').length;
      inFlight.push(scoreGroup(group, scorer, options));
      if (inFlight.length >= GROUPS_IN_FLIGHT) await write((await inFlight.shift()) ?? []);
    }
    for (const lines of inFlight) await write(await lines);
    await output.close();
  } finally {
    progress.stop();
    await scorer.close();
  }
  if (unreadable > 0)
    process.stderr.write(`${unreadable} of ${done} records could not be read: see their lines\n`);
}

async function scoreGroup(
  group: readonly InputRecord[],
  scorer: TextScorer,
  { explain = false }: Pick<ScoreOptions, 'explain'>,
): Promise<readonly string[]> {
  const texts = group.filter((record) => record.kind === 'text');
  const outcomes = (await scorer.score(texts.map((text) => ({ ...text, explain })))).values();
  return group.map((record) => {
    const outcome: TextOutcome =
      record.kind === 'unreadable'
        ? { kind: 'rejected', code: record.code, message: record.message }
        : (outcomes.next().value ?? { kind: 'rejected', code: 'SF_POST_NO_TEXT', message: 'no outcome' });
    return JSON.stringify(lineOf(record, outcome));
  });
}

function lineOf({ line, id }: InputRecord, outcome: TextOutcome): object {
  const identity = { line, ...(id !== undefined && { id }) };
  if (outcome.kind === 'scored') return { ...identity, ...outcome.score };
  return { ...identity, error: { code: outcome.code, message: outcome.message } };
}

async function* groups<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<readonly Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

interface Output {
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

async function openOutput(path: string): Promise<Output> {
  const stream = path === '-' ? process.stdout : createWriteStream(path);
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  if (path !== '-') await Promise.race([once(stream, 'open'), once(stream, 'error')]).catch(() => {});
  const check = (): void => {
    if (failure === undefined) return;
    throw new SentifluxError('SF_OUTPUT_UNWRITABLE', `cannot write ${path}: ${messageOf(failure)}.`, {
      hint: 'Check the path and the space on the disk.',
      cause: failure,
    });
  };
  check();
  return {
    async write(text) {
      const more = stream.write(text);
      check();
      if (!more) await Promise.race([once(stream, 'drain'), once(stream, 'error')]).catch(() => {});
      check();
    },
    async close() {
      if (path !== '-') await new Promise<void>((resolve) => stream.end(resolve));
      check();
    },
  };
}

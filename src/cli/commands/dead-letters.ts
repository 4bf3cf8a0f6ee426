import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../../config/schema.js';
import { SentifluxError } from '../../contracts/errors.js';
import {
  type DeadLetter,
  type Survey,
  selectDeadLetters,
  surveyDeadLetters,
} from '../../pipelines/dead-letter-survey.js';
import { planPurge } from '../../pipelines/purge.js';
import { planRedrive, type RedrivePlan, redrive } from '../../pipelines/redrive.js';
import type { Streams } from '../../streams/port.js';
import { scan } from '../../streams/scan.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { confirm } from '../confirm.js';
import { type FilterOptions, withFilters } from '../dead-letter-filters.js';
import { deadLetterLine, deadLetterPage, deadLetterTable } from '../dead-letter-page.js';
import { note } from '../note.js';
import { positiveNumber } from '../option-values.js';
import { openProgress } from '../progress.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { withStreams } from '../with-streams.js';

interface ListOptions extends FilterOptions {
  readonly text?: boolean;
  readonly json?: boolean;
}

interface ShowOptions extends ConfigOption {
  readonly hex?: boolean;
}

interface RedriveOptions extends FilterOptions {
  readonly rate?: number;
  readonly dryRun?: boolean;
}

interface PurgeOptions extends FilterOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface Place {
  readonly partition: number;
  readonly offset: number;
}

export function addDeadLettersCommand(program: Command): void {
  const deadLetters = program
    .command('dead-letters')
    .description('list the records that could not be scored, show one, write them again, or delete them');

  withFilters(deadLetters.command('list'))
    .description('a table of the dead letters, the oldest first')
    .option('--redriven', 'only those that were redriven')
    .option('--no-redriven', 'only those that were not redriven')
    .option('--text', 'also the start of each value, which may hold the text of a post')
    .option('--json', 'a line of JSON each')
    .addHelpText(
      'after',
      examples(
        'sentiflux dead-letters list --limit 20',
        'sentiflux dead-letters list --code SF_POST_NOT_JSON --from 2026-03-01 --text',
        'sentiflux dead-letters list --no-redriven --json > open.ndjson',
      ),
    )
    .action(list);

  deadLetters
    .command('show')
    .description('one dead letter with its headers, key and value; bytes that are no text as hex')
    .argument('<partition:offset>', 'its place, as list gives it', place)
    .addOption(configOption())
    .option('--hex', 'the value as hex in any case')
    .addHelpText('after', examples('sentiflux dead-letters show 2:1045'))
    .action(show);

  withFilters(deadLetters.command('redrive'))
    .description('write dead letters to the topics that they came from, each once')
    .option('--rate <n>', 'posts a second at most (default: as fast as it goes)', positiveNumber)
    .option('--dry-run', 'only say what would be written')
    .addHelpText(
      'after',
      examples(
        'sentiflux dead-letters redrive --stage score --dry-run',
        'sentiflux dead-letters redrive --stage score --rate 200',
        'sentiflux dead-letters redrive --partition 2 --from 2026-03-01T12:00:00Z --to 2026-03-01T13:00:00Z',
      ),
    )
    .action(redriveSelected);

  withFilters(deadLetters.command('purge'))
    .description(
      'delete dead letters for good; of each partition only those that come before the first one not selected',
    )
    .option('--redriven', 'only those that were redriven')
    .option('--no-redriven', 'only those that were not redriven')
    .option('--dry-run', 'only say what would be deleted')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        'sentiflux dead-letters purge --redriven --dry-run',
        'sentiflux dead-letters purge --to 2026-03-01 --yes',
      ),
    )
    .action(purge);
}

async function list(options: ListOptions): Promise<void> {
  const { text = false, json = false, limit } = options;
  await withStreams(options, async (streams, config) => {
    const survey = await surveyed(streams, config, options, text);
    const selected = selectDeadLetters(survey.letters, options);
    explainNone(survey, selected, config);
    const shown = selected.slice(0, limit);
    if (shown.length === 0) return;
    if (json) for (const letter of shown) process.stdout.write(`${deadLetterLine(letter)}\n`);
    else process.stdout.write(`${deadLetterTable(shown, text)}\n`);
    if (shown.length < selected.length)
      note(`${shown.length} of ${counted(selected.length)} shown: a greater --limit shows more`);
  });
}

async function show({ partition, offset }: Place, options: ShowOptions): Promise<void> {
  await withStreams(options, async (streams, config) => {
    const topic = config.topics.deadLetters;
    const range = (await streams.ranges(topic)).get(partition);
    const missing = (hint: string): SentifluxError =>
      new SentifluxError('SF_USAGE', `${topic} has no record ${partition}:${offset}.`, { hint });
    if (range === undefined) throw missing(`It has no partition ${partition}.`);
    const { start, end } = range;
    if (start === end) throw missing(`Partition ${partition} is empty.`);
    if (offset < start || offset >= end)
      throw missing(`Partition ${partition} holds ${start} to ${end - 1}.`);
    const ranges = new Map([[partition, { start: offset, end: offset + 1 }]]);
    for await (const record of scan(streams, { topic, group: groupOf(config), ranges })) {
      process.stdout.write(`${deadLetterPage(record, options.hex === true)}\n`);
      return;
    }
    throw missing('The broker keeps no record at that offset.');
  });
}

async function redriveSelected(options: RedriveOptions): Promise<void> {
  await withStreams(options, async (streams, config) => {
    const topic = config.topics.deadLetters;
    const survey = await surveyed(streams, config, options);
    const selected = selectDeadLetters(survey.letters, options);
    explainNone(survey, selected, config);
    const plan = planRedrive(selected, topic, options.limit);
    if (plan.redrivenBefore > 0) note(`${plan.redrivenBefore} left out: redriven before`);
    if (plan.withoutSource > 0) note(`${plan.withoutSource} left out: no header names the topic to write to`);
    const total = plan.letters.length;
    if (options.dryRun === true) {
      process.stdout.write(`would redrive ${counted(total)}${destinations(plan)}\n`);
      return;
    }
    const signals = stopOnSignals();
    const progress = openProgress('redriven', total);
    signals.listen();
    try {
      const done = await redrive(streams, {
        topic,
        group: groupOf(config),
        plan,
        ...(options.rate !== undefined && { rate: options.rate }),
        stop: signals.stop,
        onProgress: (count) => progress.set(count),
      });
      progress.stop();
      const interrupted = signals.stop.aborted && done < total;
      const amount = done < total ? `${done} of ${counted(total)}` : counted(total);
      process.stdout.write(`${amount} redriven${destinations(plan)}\n`);
      if (interrupted) {
        note('stopped: the same command goes on with the rest');
        process.exitCode = signals.exitCode();
      }
    } finally {
      progress.stop();
      signals.close();
    }
  });
}

async function purge(options: PurgeOptions): Promise<void> {
  await withStreams(options, async (streams, config) => {
    const topic = config.topics.deadLetters;
    const survey = await surveyed(streams, config, options);
    const selected = selectDeadLetters(survey.letters, options);
    explainNone(survey, selected, config);
    const plan = planPurge(survey, selected.slice(0, options.limit));
    if (plan.kept > 0)
      note(`${plan.kept} left out: only what lies before an offset can be deleted, and others precede them`);
    const cuts = [...plan.before].map(([partition, offset]) => `${partition} before ${offset}`).join(', ');
    const where = cuts === '' ? '' : ` (partition ${cuts})`;
    if (options.dryRun === true) {
      process.stdout.write(`would delete ${counted(plan.deleted)} of ${topic}${where}\n`);
      return;
    }
    if (plan.deleted > 0 && options.yes !== true) {
      const question = `Delete ${counted(plan.deleted)} of ${topic} for good?`;
      if (!(await confirm(question))) {
        note('nothing was deleted');
        return;
      }
    }
    await streams.deleteBefore(topic, plan.before);
    process.stdout.write(`${counted(plan.deleted)} of ${topic} deleted${where}\n`);
  });
}

function surveyed(
  streams: Streams,
  config: Config,
  { partition }: FilterOptions,
  withText = false,
): Promise<Survey> {
  return surveyDeadLetters(streams, {
    topic: config.topics.deadLetters,
    group: groupOf(config),
    ...(partition && { partitions: partition }),
    withText,
  });
}

function explainNone({ letters }: Survey, selected: readonly DeadLetter[], config: Config): void {
  if (selected.length > 0) return;
  const { deadLetters } = config.topics;
  if (letters.length === 0) note(`${deadLetters} holds no dead letters`);
  else note(`${deadLetters} holds ${counted(letters.length)}; none is selected`);
}

/** A name that only this command has, with the prefix that a broker's access rules may know. */
function groupOf({ streams }: Config): string {
  return `${streams.group}.dead-letters.${randomUUID()}`;
}

function destinations({ topics }: RedrivePlan): string {
  if (topics.size === 0) return '';
  return ` to ${[...topics].map(([name, count]) => `${name} (${count})`).join(', ')}`;
}

function counted(count: number): string {
  return `${count} dead letter${count === 1 ? '' : 's'}`;
}

function examples(...commands: readonly string[]): string {
  return `\nExamples:\n${commands.map((command) => `  ${command}`).join('\n')}`;
}

function place(value: string): Place {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(value) ?? [];
  if (partition === undefined || offset === undefined)
    throw new InvalidArgumentError('It must be like 2:1045.');
  return { partition: Number(partition), offset: Number(offset) };
}

import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { backtestSeries, type PointOutcome } from '../../alerting/backtest.js';
import { loadConfig } from '../../config/load.js';
import { type AlertRule, alertRuleSchema } from '../../config/schema.js';
import type { Alert, AlertMeasure } from '../../contracts/alert.js';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { type ScoredPost, scoredPostSchema } from '../../contracts/scored-post.js';
import { backtestPosts } from '../../pipelines/backtest-posts.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { note } from '../note.js';
import { lines } from '../records.js';
import { readSeries, type SeriesFile, type ValueRange } from '../series-file.js';
import { drawSeries } from '../series-plot.js';

/** The rules by the names that they have on the command line. */
const RULES = {
  volume: 'volume',
  'negative-count': 'negative_count',
  'negative-share': 'negative_share',
  polarity: 'polarity',
} as const satisfies Record<string, AlertMeasure>;

const RANGES: Readonly<Record<AlertMeasure, ValueRange>> = {
  volume: { least: 0, most: Number.POSITIVE_INFINITY, needsPosts: false },
  negative_count: { least: 0, most: Number.POSITIVE_INFINITY, needsPosts: false },
  negative_share: { least: 0, most: 1, needsPosts: true },
  polarity: { least: -1, most: 1, needsPosts: true },
};

interface BacktestOptions extends ConfigOption {
  readonly series?: string;
  readonly posts?: string;
  readonly rule: keyof typeof RULES;
  readonly sensitivity: AlertRule['sensitivity'];
  readonly output?: string;
  readonly plot?: string;
}

export function addBacktestCommand(program: Command): void {
  program
    .command('backtest')
    .description(
      'what the alert rules would have said of the past: of counts in a CSV file, or of scored posts',
    )
    .option('-s, --series <file>', 'CSV with the columns timestamp and value, and posts for shares and means')
    .option(
      '-p, --posts <file>',
      'NDJSON with values of sentiment.scored: the rules of the configuration run',
    )
    .addOption(
      new Option('-r, --rule <rule>', 'what the values of the series are')
        .choices(Object.keys(RULES))
        .default('volume'),
    )
    .addOption(
      new Option('--sensitivity <level>', 'of the rule over the series')
        .choices(['low', 'medium', 'high'])
        .default('medium'),
    )
    .option(
      '-o, --output <file>',
      'the rows of the series with anomaly_score and alert (default: standard output)',
    )
    .option('--plot <file>', 'draws series, expectation and alerts as SVG')
    .addOption(configOption())
    .action(run);
}

async function run(options: BacktestOptions): Promise<void> {
  const { series, posts } = options;
  if ((series === undefined) === (posts === undefined)) {
    throw new SentifluxError('SF_USAGE', 'backtest reads one series or one file of posts.', {
      hint: 'Give either --series FILE or --posts FILE.',
    });
  }
  if (series !== undefined) await runSeries(series, options);
  else if (posts !== undefined) await runPosts(posts, options);
}

async function runSeries(file: string, options: BacktestOptions): Promise<void> {
  const measure = RULES[options.rule];
  const rule = alertRuleSchema.parse({ name: options.rule, measure, sensitivity: options.sensitivity });
  const series = await readSeries(file, RANGES[measure]);
  const outcomes = backtestSeries(series.points, series.intervalMillis, rule);
  const table = tableOf(series, outcomes);
  if (options.output === undefined) process.stdout.write(table);
  else await write(options.output, table);
  if (options.plot !== undefined) {
    const title = `${basename(file)}: ${options.rule} at ${options.sensitivity} sensitivity`;
    await write(options.plot, drawSeries(title, series.points, outcomes));
  }
  const fired = outcomes.filter(({ event }) => event?.state === 'firing').length;
  note(`${series.points.length} rows, ${fired} alerts.`);
}

function tableOf({ header, rows }: SeriesFile, outcomes: readonly PointOutcome[]): string {
  const scored = rows.map((row, i) => {
    const { score = 0, event } = outcomes[i] ?? {};
    return `${row},${score.toFixed(4)},${event?.state === 'firing' ? 1 : 0}`;
  });
  return `${[`${header},anomaly_score,alert`, ...scored].join('\n')}\n`;
}

async function runPosts(file: string, options: BacktestOptions): Promise<void> {
  const config = await loadConfig(options.config, process.env);
  const { posts, passedOver } = await readPosts(file);
  const changes = await backtestPosts(posts, config);
  for (const change of changes) process.stdout.write(`${alertLine(change)}\n`);
  const fired = changes.filter(({ state }) => state === 'firing').length;
  note(`${posts.length} posts, ${passedOver} lines that are none, ${fired} alerts.`);
}

async function readPosts(
  file: string,
): Promise<{ readonly posts: readonly ScoredPost[]; readonly passedOver: number }> {
  const posts: ScoredPost[] = [];
  let passedOver = 0;
  try {
    for await (const line of lines(createReadStream(file))) {
      if (line.length === 0) continue;
      const post = postOf(line);
      if (post === undefined) passedOver += 1;
      else posts.push(post);
    }
  } catch (cause) {
    throw new SentifluxError('SF_INPUT_UNREADABLE', `cannot read ${file}: ${messageOf(cause)}.`, {
      hint: 'Check the path.',
      cause,
    });
  }
  if (posts.length === 0) {
    throw new SentifluxError('SF_INPUT_UNREADABLE', `${file} has no scored post.`, {
      hint: 'Its lines must be values of the topic sentiment.scored, as `sentiflux score --json` and a consumer of the topic give them.',
    });
  }
  return { posts, passedOver };
}

/** Bad lines are counted, as the worker does. */
function postOf(line: Buffer): ScoredPost | undefined {
  try {
    const { text: _, ...post } = scoredPostSchema.parse(JSON.parse(line.toString('utf8')));
    return post;
  } catch {
    return undefined;
  }
}

/** One change of an alert for people. */
function alertLine(alert: Alert): string {
  const at = new Date(alert.resolvedAt ?? alert.firedAt).toISOString();
  const what = `${alert.brand} ${alert.rule}`;
  const number = (value: number): string => String(Math.round(value * 100) / 100);
  return alert.state === 'firing'
    ? `${at} firing    ${what}: ${number(alert.observed)} where ${number(alert.expected)} were expected, p = ${(alert.pValue ?? 1).toExponential(1)}`
    : `${at} resolved  ${what}: ${alert.resolution ?? 'calm'}, peak ${number(alert.peak)}`;
}

async function write(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (cause) {
    throw new SentifluxError('SF_OUTPUT_UNWRITABLE', `cannot write ${file}: ${messageOf(cause)}.`, {
      hint: 'Check the folder.',
      cause,
    });
  }
}

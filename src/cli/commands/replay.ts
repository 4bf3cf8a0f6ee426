import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { loadBrands } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { SentifluxError } from '../../contracts/errors.js';
import type { EpochMillis } from '../../contracts/ids.js';
import { type ReplayOutcome, replay } from '../../pipelines/replay.js';
import { planReplay, type ReplayPlan } from '../../pipelines/replay-plan.js';
import { openScorer } from '../../pipelines/scorer.js';
import { topicSpecs } from '../../pipelines/topics.js';
import type { Streams } from '../../streams/port.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { createLogger } from '../logger.js';
import { note } from '../note.js';
import { pointInTime, positiveNumber } from '../option-values.js';
import { openProgress } from '../progress.js';
import { modelOption } from '../scorer-options.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { withStreams } from '../with-streams.js';

interface ReplayOptions extends ConfigOption {
  readonly from: EpochMillis;
  readonly to: EpochMillis;
  readonly output: string;
  readonly model?: string;
  readonly create?: boolean;
  readonly rate?: number;
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('score a past range of the posts again, to a topic of its own, beside the live worker')
    .requiredOption('--from <time>', 'first record time: 2026-03-01 or 2026-03-01T12:00:00Z', pointInTime)
    .requiredOption('--to <time>', 'record time at which the range ends; not included', pointInTime)
    .requiredOption('--output <topic>', 'topic of the results, of this replay alone')
    .addOption(modelOption())
    .addOption(configOption())
    .option('--create', 'make the output topic where it is missing')
    .option('--rate <n>', 'posts a second at most (default: as fast as it goes)', positiveNumber)
    .addHelpText(
      'after',
      `
The same command goes on where an earlier run ended, whatever ended it. Posts that cannot be scored are counted, and
written nowhere.

Examples:
  sentiflux replay --from 2026-03-01 --to 2026-04-01 --output replay.march --create
  sentiflux replay --from 2026-03-01 --to 2026-04-01 --output replay.new --create --model models/new --rate 500`,
    )
    .action(replayRange);
}

async function replayRange(options: ReplayOptions): Promise<void> {
  await withStreams(options, async (streams, live) => {
    const { output, from, to, rate } = options;
    const config: Config = options.model
      ? { ...live, scoring: { ...live.scoring, model: options.model } }
      : live;
    const { topics } = config;
    refuseBackwards(from, to);
    refuseLive(output, topics);
    if (options.create === true) await createOutput(streams, config, output);
    // Before the scorer, which takes longer to say that something is wrong.
    await requireTopic(streams, output);
    const brands = config.brands === undefined ? [] : await loadBrands(config.brands);
    const scorer = await openScorer({ config, brands, logger: createLogger('warn') });
    const signals = stopOnSignals();
    const group = `${config.streams.group}.replay.${randomUUID()}`;
    try {
      const model = scorer.stamp.version;
      const plan = await planReplay(streams, { source: topics.posts, output, from, to, model, group });
      tellOf(plan);
      const progress = openProgress('replayed', plan.total);
      progress.set(plan.done);
      signals.listen();
      const outcome = await replay(streams, {
        plan,
        group,
        score: scorer.scoreBatch,
        maxBatchRecords: config.scoring.maxBatchRecords,
        ...(rate !== undefined && { rate }),
        stop: signals.stop,
        onGap: (gap) =>
          note(
            `SF_OFFSET_GAP ${plan.source} ${gap.partition}:${gap.from} to ${gap.to - 1} were deleted before they were read`,
          ),
        onProgress: (done) => progress.set(plan.done + done),
      }).finally(() => progress.stop());
      process.stdout.write(`${summaryOf(outcome, output)}\n`);
      if (signals.stop.aborted) {
        note('stopped: the same command goes on with the rest');
        process.exitCode = signals.exitCode();
      }
    } finally {
      signals.close();
      await scorer.close();
    }
  });
}

/** @throws SentifluxError SF_USAGE */
function refuseBackwards(from: EpochMillis, to: EpochMillis): void {
  if (from <= to) return;
  const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()];
  throw new SentifluxError('SF_USAGE', `--from ${first} is after --to ${last}.`, {
    hint: 'Give the earlier time as --from.',
  });
}

/** @throws SentifluxError SF_USAGE */
function refuseLive(output: string, topics: Config['topics']): void {
  if (topicSpecs(topics).every(({ name }) => name !== output)) return;
  throw new SentifluxError('SF_USAGE', `--output ${output} is a topic of the live worker.`, {
    hint: 'Give a replay a topic of its own.',
  });
}

/** With as many partitions as the posts have, and the settings of the live results. */
async function createOutput(streams: Streams, config: Config, name: string): Promise<void> {
  const partitions = await streams.partitions(config.topics.posts);
  const results = topicSpecs(config.topics).filter((spec) => spec.name === config.topics.scored);
  await streams.topics().create(results.map((spec) => ({ ...spec, name, partitions })));
}

/** @throws SentifluxError SF_TOPIC_MISSING */
async function requireTopic(streams: Streams, name: string): Promise<void> {
  const [found] = await streams.topics().describe([name]);
  if (found !== undefined) return;
  throw new SentifluxError('SF_TOPIC_MISSING', `there is no topic ${name} for the results.`, {
    hint: 'Give --create to have it made.',
  });
}

function tellOf({ source, total, done, missing }: ReplayPlan): void {
  for (const { partition, start, records } of missing) {
    const what =
      records === undefined
        ? 'records of the range may have been deleted before it'
        : `${records} records of the range are deleted`;
    note(`SF_OFFSET_GAP ${source} begins at ${partition}:${start}: ${what}`);
  }
  if (total === 0) note(`${source} holds no records of that time`);
  else if (done >= total) note('all of it is replayed already');
  else if (done > 0) note(`${done} of ${total} records are replayed already`);
}

function summaryOf({ records, written, rejected }: ReplayOutcome, output: string): string {
  const codes = [...rejected].map(([code, count]) => `${code} ${count}`).join(', ');
  const refused = codes === '' ? 'none rejected' : `rejected: ${codes}`;
  return `${records} post${records === 1 ? '' : 's'} replayed, ${written} results written to ${output}, ${refused}`;
}

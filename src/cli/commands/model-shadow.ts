import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { loadBrands } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { type EpochMillis, epochMillis } from '../../contracts/ids.js';
import { compare } from '../../evaluation/compare.js';
import { openScorer, type Scorer } from '../../pipelines/scorer.js';
import { newestRanges, shadow } from '../../pipelines/shadow.js';
import { comparisonPage } from '../comparison-page.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { createLogger } from '../logger.js';
import { note } from '../note.js';
import { pointInTime, positiveWholeNumber } from '../option-values.js';
import { openProgress } from '../progress.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { withStreams } from '../with-streams.js';

const HOUR_MILLIS = 3_600_000;

interface ShadowOptions extends ConfigOption {
  readonly from?: EpochMillis;
  readonly to?: EpochMillis;
  readonly posts: number;
  readonly json?: boolean;
}

export function addShadowCommand(model: Command): void {
  model
    .command('shadow')
    .description(
      'what would change for each brand if another model scored the live posts; the worker goes on as it is',
    )
    .argument('<directory>', 'directory of the model bundle that may take the place of the configured one')
    .addOption(configOption())
    .option(
      '--from <time>',
      'record time: 2026-03-01 or 2026-03-01T12:00:00Z (default: an hour ago)',
      pointInTime,
    )
    .option('--to <time>', 'record time at which the range ends; not included (default: now)', pointInTime)
    .option(
      '-n, --posts <n>',
      'at most so many of the newest posts of that time',
      positiveWholeNumber,
      10_000,
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Nothing is written, and no group's position moves. Rules on negative share and polarity are held for a while when the
model changes; this tells beforehand how far their measures will shift.

Examples:
  sentiflux model shadow models/new --config sentiflux.yaml
  sentiflux model shadow models/new --from 2026-03-01 --to 2026-03-08 --posts 100000 --json`,
    )
    .action(runShadow);
}

async function runShadow(directory: string, options: ShadowOptions): Promise<void> {
  const to = options.to ?? epochMillis(Date.now());
  const from = options.from ?? epochMillis(to - HOUR_MILLIS);
  await withStreams(options, async (streams, config) => {
    const topic = config.topics.posts;
    // Before the scorers, which take longer to say that something is wrong.
    const ranges = await newestRanges(streams, topic, { from, to }, options.posts);
    const total = [...ranges.values()].reduce((sum, { start, end }) => sum + end - start, 0);
    const time = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
    if (total === 0) note(`${topic} holds no records from ${time}`);

    const scorers: Scorer[] = [];
    const open = async (scoring: Config['scoring']): Promise<Scorer> => {
      const brands = config.brands === undefined ? [] : await loadBrands(config.brands);
      const scorer = await openScorer({
        config: { ...config, scoring },
        brands,
        logger: createLogger('warn'),
      });
      scorers.push(scorer);
      return scorer;
    };
    const signals = stopOnSignals();
    try {
      const before = await open(config.scoring);
      const after = await open({ ...config.scoring, model: directory });
      signals.listen();
      const progress = openProgress('scored', total);
      const { posts, skipped } = await shadow(streams, {
        topic,
        group: `${config.streams.group}.shadow.${randomUUID()}`,
        ranges,
        before: before.scoreBatch,
        after: after.scoreBatch,
        maxBatchRecords: config.scoring.maxBatchRecords,
        stop: signals.stop,
        onProgress: (done) => progress.set(done),
      }).finally(() => progress.stop());
      const comparison = compare(posts);
      const models = { before: before.stamp.version, after: after.stamp.version };
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ models, topic, from: new Date(from), to: new Date(to), ...withoutFlips(comparison), skipped }, null, 2)}\n`
          : `${topic} from ${time}: ${models.before} runs now, ${models.after} may take its place\n${comparisonPage(comparison, skipped, 0)}`,
      );
      if (signals.stop.aborted) process.exitCode = signals.exitCode();
    } finally {
      signals.close();
      await Promise.all(scorers.map((scorer) => scorer.close()));
    }
  });
}

/** The posts whose labels change are many, and known by ids alone. */
function withoutFlips({
  flips: _,
  ...rest
}: ReturnType<typeof compare>): Omit<ReturnType<typeof compare>, 'flips'> {
  return rest;
}

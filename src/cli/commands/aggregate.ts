import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { openWindowStore } from '../../aggregation/open-store.js';
import type { Config } from '../../config/schema.js';
import { systemClock } from '../../contracts/clock.js';
import { SentifluxError } from '../../contracts/errors.js';
import { NAMESPACE } from '../../contracts/ids.js';
import { type FillingOutcome, fillWindows } from '../../pipelines/filling.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { createLogger } from '../logger.js';
import { note } from '../note.js';
import { openProgress } from '../progress.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { withStreams } from '../with-streams.js';

interface AggregateOptions extends ConfigOption {
  readonly fromTopic: string;
  readonly namespace: string;
  readonly follow?: boolean;
}

export function addAggregateCommand(program: Command): void {
  program
    .command('aggregate')
    .description(
      'fill windows from a topic of results under a namespace of their own, beside the live ones; the API reads them with ?namespace=',
    )
    .requiredOption('--from-topic <name>', 'topic of results, such as that of a replay')
    .requiredOption('--namespace <name>', 'name of the windows: a-z, 0-9 and -', namespace)
    .addOption(configOption())
    .option('--follow', 'go on at the end of the topic, until it is told to stop')
    .addHelpText(
      'after',
      `
Windows are told by the times of the posts alone. A filling that was stopped goes on when it is run again.

Examples:
  sentiflux aggregate --from-topic replay.march --namespace march
  curl 'http://127.0.0.1:8080/v1/brands/_all/windows?namespace=march&tier=1h'`,
    )
    .action(aggregate);
}

async function aggregate({ fromTopic: topic, follow = false, ...options }: AggregateOptions): Promise<void> {
  await withStreams(options, async (streams, live) => {
    const config = configOf(live, options.namespace);
    const logger = createLogger('warn');
    const ranges = await streams.ranges(topic);
    const store = await openWindowStore({
      config,
      partitionCount: ranges.size,
      clock: systemClock,
      logger,
    });
    const signals = stopOnSignals();
    const total = [...ranges.values()].reduce((sum, { start, end }) => sum + end - start, 0);
    const progress = openProgress('results', follow ? undefined : total);
    signals.listen();
    try {
      const outcome = await fillWindows({
        config,
        streams,
        topic,
        group: `${config.streams.group}.aggregate.${options.namespace}.${randomUUID()}`,
        store,
        follow,
        stop: signals.stop,
        logger,
        onGap: ({ partition, from, to }) =>
          note(
            `SF_OFFSET_GAP ${topic} ${partition}:${from} to ${to - 1} were deleted before they were counted`,
          ),
        onProgress: (records) => progress.set(records),
      });
      progress.stop();
      process.stdout.write(`${summaryOf(outcome, topic, options.namespace)}\n`);
      if (signals.stop.aborted && !follow) {
        note('stopped: the same command goes on with the rest');
        process.exitCode = signals.exitCode();
      }
    } finally {
      progress.stop();
      signals.close();
      await store.close();
    }
  });
}

/** @throws SentifluxError SF_USAGE */
function configOf(config: Config, name: string): Config {
  const { aggregation } = config;
  if (name === aggregation.namespace) {
    throw new SentifluxError('SF_USAGE', `${name} is the namespace of the live windows.`, {
      hint: 'Give another --namespace.',
    });
  }
  if (aggregation.store === 'memory') {
    throw new SentifluxError(
      'SF_USAGE',
      'aggregation.store is memory: the windows would go with the command.',
      {
        hint: 'Set aggregation.store to redis, where the API of another process finds them.',
      },
    );
  }
  return { ...config, aggregation: { ...aggregation, namespace: name } };
}

function summaryOf(outcome: FillingOutcome, topic: string, name: string): string {
  const { records, invalid, counters, watermark } = outcome;
  const { counted, future, old, duplicates, deletions, gaps } = counters;
  const closed = watermark === undefined ? '' : `, closed up to ${new Date(watermark).toISOString()}`;
  return [
    `${records} records of ${topic} read, ${invalid} of them no results`,
    `${name}: ${counted} posts in windows${closed}; ${future} future, ${old} old, ${duplicates} second records, ${deletions} deletions, ${gaps} lost`,
  ].join('\n');
}

function namespace(value: string): string {
  if (NAMESPACE.test(value)) return value;
  throw new InvalidArgumentError('It must be up to 64 of a-z, 0-9 and -.');
}

import { type Command, InvalidArgumentError } from 'commander';
import { checkTopics, cursorTopic, topicSpecs } from '../../pipelines/topics.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { withStreams } from '../with-streams.js';

interface CreateOptions extends ConfigOption {
  readonly partitions?: number;
  readonly replication?: number;
}

interface CheckOptions extends ConfigOption {
  readonly testCluster?: true;
}

export function addTopicsCommand(program: Command): void {
  const topics = program
    .command('topics')
    .description('create the topics that the worker needs, or check them');
  topics
    .command('create')
    .description('create what is missing; what stands is left as it is')
    .addOption(configOption())
    .option('--partitions <n>', 'partitions of each topic (default: topics.partitions)', count)
    .option(
      '--replication <n>',
      'replicas of each partition, 1 for a test cluster (default: topics.replication)',
      count,
    )
    .action(create);
  topics
    .command('check')
    .description(
      'whether every topic exists with equal partition counts and settings that lose nothing; exit status 1 where not',
    )
    .addOption(configOption())
    .option('--test-cluster', 'accept topics with a single replica, as topics.replication 1 does')
    .action(check);
}

async function create(options: CreateOptions): Promise<void> {
  await withStreams(options, async (streams, config) => {
    const { partitions, replication } = options;
    const topics = {
      ...config.topics,
      ...(partitions && { partitions }),
      ...(replication && { replication }),
    };
    const specs = [...topicSpecs(topics), cursorTopic(topics)];
    const created = new Set(await streams.topics().create(specs));
    for (const { name } of specs)
      process.stdout.write(`${name} ${created.has(name) ? 'created' : 'exists'}\n`);
  });
}

async function check(options: CheckOptions): Promise<void> {
  await withStreams(options, async (streams, config) => {
    const topics = { ...config.topics, ...(options.testCluster && { replication: 1 }) };
    await checkTopics(streams, { ...config, topics });
    for (const { name, partitions, replication } of await streams
      .topics()
      .describe(topicSpecs(config.topics).map(({ name }) => name))) {
      process.stdout.write(`${name} ok, ${partitions} partitions, replication ${replication}\n`);
    }
  });
}

function count(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return parsed;
}

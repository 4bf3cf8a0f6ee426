import { type Command, InvalidArgumentError } from 'commander';
import type { Config, InputConfig } from '../../config/schema.js';
import { ONLINE_SOURCES, type OnlineSource } from '../../config/sources.js';
import { systemClock } from '../../contracts/clock.js';
import { FIELD_NAMES } from '../../pipelines/file-reader.js';
import { type IngestTally, ingest } from '../../pipelines/ingest.js';
import { openSource, type SourceRequest } from '../../pipelines/open-source.js';
import { requireOwnNames } from '../../pipelines/post-record.js';
import { openSourceCursors } from '../../pipelines/source-cursors.js';
import { topicSpecs } from '../../pipelines/topics.js';
import { waitUnlessStopped } from '../../pipelines/wait-unless-stopped.js';
import type { FileFormat } from '../../sources/files/record-event.js';
import type { Streams } from '../../streams/port.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { createLogger } from '../logger.js';
import { note } from '../note.js';
import { openProgress } from '../progress.js';
import { OPTIONS_OF, requestOf, type SourceOptions } from '../source-options.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { withStreams } from '../with-streams.js';

type Fields = Partial<InputConfig['fields']>;

interface NamedOption extends ConfigOption {
  readonly name?: string;
}

interface FileOptions extends NamedOption {
  readonly input: string;
  readonly follow?: true;
  readonly field?: Fields;
  readonly source?: string;
}

const EXAMPLES = `
Examples:
  sentiflux ingest bluesky
  sentiflux ingest rss --feed https://hnrss.org/newest --feed https://blog.example.com/feed.json
  sentiflux ingest mastodon --instance https://mastodon.example --hashtag skylvara
  sentiflux ingest ndjson --input posts/ --follow
  sentiflux ingest csv --input posts.csv --field text=body --field createdAt=created_utc --source reddit

docs/sources.md tells what becomes of each source's posts.`;

export function addIngestCommand(program: Command): void {
  const command = program
    .command('ingest')
    .description(
      'write the posts of a source to the topic of posts; a run that ended goes on where it was, whatever ended it',
    )
    .addHelpText('after', EXAMPLES);
  for (const kind of ONLINE_SOURCES) addOnlineCommand(command, kind);
  for (const format of ['ndjson', 'csv'] as const) addFileCommand(command, format);
}

const WHAT: Readonly<Record<OnlineSource, string>> = {
  bluesky: "all public posts of Bluesky, by Jetstream's stream, from now on",
  mastodon: 'public posts of servers of Mastodon, all or those with a hashtag',
  hackernews: 'stories and comments of Hacker News, from now on',
  discourse: 'the latest posts of forums that run Discourse, from now on',
  reddit: 'new posts and comments of subreddits, as an application of yours',
  rss: 'items of feeds (RSS, Atom, JSON Feed): what they have, then what is new',
};

function addOnlineCommand(parent: Command, kind: OnlineSource): void {
  const command = parent
    .command(kind)
    .description(`${WHAT[kind]}, until it is told to stop`)
    .addOption(configOption());
  for (const option of OPTIONS_OF[kind]) command.addOption(option);
  command
    .option('--name <name>', `name under which its cursor is kept (default: ${kind})`)
    .action((options: SourceOptions & NamedOption) =>
      ingestFrom({ ...requestOf(kind, options), ...named(options) }, options),
    );
}

function addFileCommand(command: Command, format: FileFormat): void {
  const what = format === 'csv' ? 'rows of CSV files with a header' : 'lines of NDJSON files';
  command
    .command(format)
    .description(`the posts in ${what}: a file, a folder in the order of its names, or standard input`)
    .requiredOption('-i, --input <path>', 'file or folder; - for standard input')
    .addOption(configOption())
    .option('--follow', 'go on as the file or folder grows, until it is told to stop')
    .option(
      '--field <field=path>',
      `where a field of a post is (${FIELD_NAMES.join(', ')}), where it has another name; may be repeated`,
      addField,
    )
    .option('--source <name>', `source of posts that name none (default: ${format})`)
    .option('--name <name>', 'name under which the cursor is kept (default: the format and the whole path)')
    .action((options: FileOptions) => ingestFrom(fileRequest(format, options), options));
}

function fileRequest(format: FileFormat, options: FileOptions): SourceRequest {
  const { input, follow = false, field: fields = {}, source = format } = options;
  return { kind: format, input, follow, fields, source, ...named(options) };
}

function named({ name }: NamedOption): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

async function ingestFrom(request: SourceRequest, options: ConfigOption): Promise<void> {
  await withStreams(options, async (streams, config) => {
    requireOwnNames(config.input);
    const source = openSource(request, config);
    await prepareTopics(streams, config);
    const cursors = await openSourceCursors(streams, config);
    // Where there is a terminal the bar says how it stands.
    const isSeen = process.stderr.isTTY === true && config.log.level === 'info';
    const logger = createLogger(isSeen ? 'warn' : config.log.level);
    const signals = stopOnSignals();
    const progress = openProgress(source.name, undefined);
    signals.listen();
    try {
      const tally = await ingest({
        source,
        streams,
        cursors,
        config,
        clock: systemClock,
        random: Math.random,
        wait: waitUnlessStopped,
        logger,
        stop: signals.stop,
        onProgress: (so) => progress.set(so.posts + so.edits, `posts, newest of ${newestOf(so)}`),
      });
      progress.stop();
      process.stdout.write(`${summaryOf(tally, config.topics.posts)}\n`);
      if (signals.stop.aborted) {
        note('stopped: the same command goes on from here');
        process.exitCode = signals.exitCode();
      }
    } finally {
      progress.stop();
      signals.close();
      await cursors.close();
    }
  });
}

/** What is embedded has nobody else to create its topics. */
async function prepareTopics(streams: Streams, config: Config): Promise<void> {
  if (config.streams.kind !== 'kafka') await streams.topics().create(topicSpecs(config.topics));
  await streams.partitions(config.topics.posts);
}

function newestOf({ latest }: IngestTally): string {
  return latest === undefined ? 'none' : new Date(latest).toISOString();
}

function summaryOf({ posts, edits, deletions, unusable, interruptions }: IngestTally, topic: string): string {
  const codes = [...unusable].map(([code, count]) => `${code} ${count}`).join(', ');
  return [
    `${posts} posts, ${edits} edits and ${deletions} deletions written to ${topic}`,
    codes === '' ? 'none unusable' : `unusable: ${codes}`,
    ...(interruptions > 0 ? [`${interruptions} interruptions`] : []),
  ].join(', ');
}

function addField(value: string, before: Fields = {}): Fields {
  const [, name, path] = /^(\w+)=(.+)$/.exec(value) ?? [];
  if (name === undefined || path === undefined || !FIELD_NAMES.includes(name))
    throw new InvalidArgumentError(`It must be like text=body; fields are ${FIELD_NAMES.join(', ')}.`);
  return { ...before, [name]: path };
}

import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { openWindowStore } from '../../aggregation/open-store.js';
import { openAlertStore } from '../../alerting/open.js';
import type { Config } from '../../config/schema.js';
import { systemClock } from '../../contracts/clock.js';
import { silentLogger } from '../../contracts/logger.js';
import { type AuthorSurvey, surveyAuthor } from '../../pipelines/author-survey.js';
import { deletionsOf, type Remains, storeRemains, topicRemains } from '../../pipelines/forget.js';
import type { Streams } from '../../streams/port.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { confirm } from '../confirm.js';
import { note } from '../note.js';
import { openProgress } from '../progress.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { aligned } from '../table.js';
import { withStreams } from '../with-streams.js';

/** Written at a time. */
const DELETIONS_A_WRITE = 500;

interface ForgetOptions extends ConfigOption {
  readonly author: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  sentiflux forget --author did:plc:abc --dry-run
  sentiflux forget --author did:plc:abc --yes --json > forgotten.json

docs/security.md tells what is kept where, and what a deletion does.`;

export function addForgetCommand(program: Command): void {
  program
    .command('forget')
    .description('delete the posts of an author, and tell what stays of them until when')
    .requiredOption('--author <id>', 'id of the author, as posts name it')
    .addOption(configOption())
    .option('--dry-run', 'only say what would be deleted, and what is there')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'the same as JSON')
    .addHelpText('after', EXAMPLES)
    .action(forget);
}

async function forget(options: ForgetOptions): Promise<void> {
  const { author, dryRun = false, yes = false } = options;
  await withStreams(options, async (streams, config) => {
    const { posts: topic } = config.topics;
    if (config.output.authorKey === undefined)
      note('output.authorKey is not set: results are found by the ids of posts that are still there only');
    const survey = await surveyed(streams, config, author);
    const deletions = deletionsOf(survey, topic);
    const remains = [
      ...(await topicRemains(streams, survey, config)),
      ...(await keptInStores(streams, config, survey)),
    ];
    if (!dryRun && !yes && deletions.length > 0) {
      const question = `Delete ${counted(deletions.length, 'post')} of this author?`;
      if (!(await confirm(question))) {
        note('nothing was deleted');
        return;
      }
    }
    const written = dryRun ? 0 : await write(streams, deletions);
    const deletedBefore = survey.posts.filter(({ undeletedIn }) => undeletedIn.length === 0).length;
    const outcome = {
      posts: survey.posts.length,
      deletedBefore,
      deletions: deletions.length,
      written,
      dryRun,
      remains,
    };
    process.stdout.write(options.json === true ? `${jsonOf(outcome)}\n` : pageOf(outcome, topic));
  });
}

async function surveyed(streams: Streams, config: Config, author: string): Promise<AuthorSurvey> {
  const progress = openProgress('records read', undefined);
  try {
    return await surveyAuthor(streams, {
      author,
      config,
      group: `${config.streams.group}.forget.${randomUUID()}`,
      onProgress: (done, total) => progress.set(done, `of ${total}`),
    });
  } finally {
    progress.stop();
  }
}

/** A store in memory is the worker's own: nobody else can look into it. */
async function keptInStores(
  streams: Streams,
  config: Config,
  { posts }: AuthorSurvey,
): Promise<readonly Remains[]> {
  const { aggregation, alerting, redis } = config;
  if (aggregation.store !== 'redis') {
    note('windows are kept in the memory of the worker (aggregation.store): what is there is not looked at');
    return [];
  }
  const common = { clock: systemClock, logger: silentLogger };
  const partitionCount = await streams.partitions(config.topics.scored);
  const store = await openWindowStore({ config, partitionCount, ...common });
  try {
    const alerts = await openAlertStore({ alerting, redis, namespace: aggregation.namespace, ...common });
    try {
      return await storeRemains({ streams, store, alerts, posts, config, now: systemClock.now() });
    } finally {
      await alerts.close();
    }
  } finally {
    await store.close();
  }
}

/** @returns how many were written before it was told to stop */
async function write(streams: Streams, deletions: ReturnType<typeof deletionsOf>): Promise<number> {
  const signals = stopOnSignals();
  const progress = openProgress('deletions', deletions.length);
  const producer = await streams.producer();
  signals.listen();
  let written = 0;
  try {
    while (written < deletions.length && !signals.stop.aborted) {
      const part = deletions.slice(written, written + DELETIONS_A_WRITE);
      await producer.send(part);
      written += part.length;
      progress.set(written);
    }
  } finally {
    progress.stop();
    signals.close();
    await producer.close();
  }
  if (written < deletions.length) {
    note('stopped: the same command goes on with the rest');
    process.exitCode = signals.exitCode();
  }
  return written;
}

interface Outcome {
  /** That the topics tell of. */
  readonly posts: number;
  readonly deletedBefore: number;
  /** That were still to be written. */
  readonly deletions: number;
  readonly written: number;
  readonly dryRun: boolean;
  readonly remains: readonly Remains[];
}

function jsonOf({ remains, ...outcome }: Outcome): string {
  return JSON.stringify({
    ...outcome,
    remains: remains.map(({ until, ...row }) => ({ ...row, until: shownTime(until) })),
  });
}

function pageOf(
  { posts, deletedBefore, deletions, written, dryRun, remains }: Outcome,
  topic: string,
): string {
  const found = `${counted(posts, 'post')} of the author found, ${deletedBefore} of them deleted before`;
  const done = dryRun
    ? `would write ${counted(deletions, 'deletion')} to ${topic}`
    : `${counted(written, 'deletion')} written to ${topic}; results, windows and feeds follow`;
  if (remains.length === 0) return `${found}\n${done}\nnothing is left\n`;
  const rows = remains.map(({ where, what, count, until }) => [where, String(count), shownTime(until), what]);
  const table = aligned([['where', 'count', 'until at most', 'what'], ...rows]);
  return `${found}\n${done}\n\n${dryRun ? 'there now' : 'was there, and goes'}:\n${table}\n`;
}

function shownTime(until: Remains['until']): string {
  return typeof until === 'number' ? new Date(until).toISOString() : until;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

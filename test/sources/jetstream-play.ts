import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { start } from '../support/cli.js';
import { commit, type JetstreamEvent, jetstreamServer, NOON_US, post } from './jetstream-server.js';

/** Events of one play that are sent together. */
const AT_ONCE = 100;
/** Events between two cut connections. */
const CUT_EVERY = 1_500;

export interface Play {
  readonly events: readonly JetstreamEvent[];
  /** How often the process is killed, evenly spread over the events. */
  readonly kills: number;
  /** Names the streams of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** How many records are on the topic of posts. */
  readonly written: () => Promise<number>;
}

/**
 * Sends events to `sentiflux ingest bluesky`, which is killed while it writes and started again; between, connections
 * are cut. Resolves when all were sent.
 *
 * @returns ends the last process, and resolves with its status
 */
export async function play({ events, kills, env, written }: Play): Promise<() => Promise<unknown>> {
  const server = await jetstreamServer();
  const variables = {
    ...env,
    SENTIFLUX_SOURCES_BLUESKY_URLS: server.url,
    SENTIFLUX_SOURCES_BLUESKY_REWIND_MS: '100',
  };
  const begin = async () => {
    const connections = server.asked.length;
    const child = start(['ingest', 'bluesky'], { env: variables });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    const note = (chunk: string): void => {
      said += chunk;
    };
    child.stdout?.setEncoding('utf8').on('data', note);
    child.stderr?.setEncoding('utf8').on('data', note);
    while (server.asked.length === connections) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${said}`);
      await wait(10);
    }
    return child;
  };
  const end = async (signal: NodeJS.Signals): Promise<unknown> => {
    const exited = once(child, 'exit');
    child.kill(signal);
    const [status]: unknown[] = await exited;
    return status;
  };
  let child = await begin();
  let before = await written();
  const killEvery = Math.ceil(events.length / (kills + 1) / AT_ONCE) * AT_ONCE;
  for (let sent = AT_ONCE; sent - AT_ONCE < events.length; sent += AT_ONCE) {
    server.emit(...events.slice(sent - AT_ONCE, sent));
    if (sent % CUT_EVERY === 0) server.cut();
    if (sent % killEvery === 0 && sent < events.length) {
      // This process has written something by then, and something is on its way.
      while ((await written()) === before) await wait(10);
      await end('SIGKILL');
      before = await written();
      child = await begin();
    }
    await wait(5);
  }
  return () => end('SIGTERM');
}

/** Posts a millisecond apart; every tenth event is the edit of one, every twentieth the deletion of one. */
export function mixedEvents(count: number): readonly JetstreamEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const timeUs = 1_000 * i;
    if (i % 20 === 19) return commit(timeUs, `r${i - 10}`, undefined);
    if (i % 10 === 8)
      return commit(
        timeUs,
        `r${i - 8}`,
        { text: `edited ${i}`, createdAt: isoAt(1_000 * (i - 8)) },
        'update',
      );
    return post(timeUs, `r${i}`);
  });
}

const isoAt = (timeUs: number): string => new Date((NOON_US + timeUs) / 1_000).toISOString();

/** The record that an event becomes, as `key value`; `-` for a null value. */
export function recordTold({ did, time_us, commit: told }: JetstreamEvent): string {
  const { rkey, operation, record } = Object(told);
  const id = `bluesky:${did}/${rkey}`;
  if (operation === 'delete') return `${id} -`;
  const { text, createdAt, langs } = record;
  const message = {
    id,
    source: 'bluesky',
    text,
    author: did,
    createdAt,
    ...(operation === 'update' && { updatedAt: new Date(time_us / 1_000).toISOString() }),
    ...(langs && { language: langs[0] }),
    url: `https://bsky.app/profile/${did}/post/${rkey}`,
  };
  return `${id} ${JSON.stringify(message)}`;
}

/** The last record of each id: what whoever reads the topic by ids ends with. */
export function lastByKey(records: readonly string[]): ReadonlyMap<string, string> {
  return new Map(records.map((record) => [record.slice(0, record.indexOf(' ')), record]));
}

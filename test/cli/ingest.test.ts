import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { textOf } from '../../src/pipelines/record-values.js';
import { openStreams } from '../../src/streams/open.js';
import { recordsOn } from '../pipelines/replays.js';
import { feedServer, rss, rssItem } from '../sources/feed-server.js';
import { lastByKey, mixedEvents, play, recordTold } from '../sources/jetstream-play.js';
import { jetstreamServer } from '../sources/jetstream-server.js';
import { mastodonServer, status } from '../sources/mastodon-server.js';
import { run, start } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The command's streams in a folder, and what is on its topic of posts. */
function place() {
  const directory = join(temporaryFolder(), 'streams');
  const env = {
    SENTIFLUX_STREAMS_KIND: 'file',
    SENTIFLUX_STREAMS_FILE_DIRECTORY: directory,
    SENTIFLUX_TOPICS_PARTITIONS: '1',
  };
  return {
    env,
    /** `key value` of each record, in their order; `-` for a null value. */
    async posts(): Promise<readonly string[]> {
      const { streams: config, topics } = configSchema.parse({
        streams: { kind: 'file', file: { directory } },
      });
      const streams = await openStreams(config, silentLogger);
      try {
        const [records = []] = await recordsOn(streams, topics.posts);
        return records.map(({ key, value }) => `${textOf(key)} ${textOf(value) ?? '-'}`);
      } finally {
        await streams.close();
      }
    },
  };
}

describe('sentiflux ingest', () => {
  it('writes the posts of a file, and the next time what has come since', async () => {
    const { env, posts } = place();
    const input = join(temporaryFolder(), 'posts.csv');
    writeFileSync(input, 'key,body\n1,Skylvara lost my bag\n2,\n');
    const args = [
      'ingest',
      'csv',
      '--input',
      input,
      '--field',
      'id=key',
      '--field',
      'text=body',
      '--source',
      'forum',
    ];
    const first = await run(args, { env });
    expect(first).toMatchObject({
      status: 0,
      stdout: '1 posts, 0 edits and 0 deletions written to posts.raw, unusable: SF_POST_NO_TEXT 1\n',
    });
    writeFileSync(input, 'key,body\n1,Skylvara lost my bag\n2,\n3,They found it\n');
    expect((await run(args, { env })).stdout).toMatch(/^1 posts,/);
    expect((await posts()).map((record) => JSON.parse(record.slice(2)).text)).toEqual([
      'Skylvara lost my bag',
      'They found it',
    ]);
  });

  it('reads standard input', async () => {
    const { env, posts } = place();
    const { stdout } = await run(['ingest', 'ndjson', '--input', '-'], {
      env,
      input: '{"id":1,"text":"one"}\n',
    });
    expect(stdout).toMatch(/^1 posts,/);
    expect(await posts()).toHaveLength(1);
  });

  it.each([
    [
      ['ingest', 'ndjson', '--input', '/not/there'],
      {},
      /^SF_INPUT_UNREADABLE cannot read \/not\/there: .* Check the path/m,
    ],
    [
      ['ingest', 'csv', '-i', 'x', '--field', 'body=text'],
      {},
      /must be like text=body; fields are id, source, text/,
    ],
    [
      ['ingest', 'bluesky'],
      { SENTIFLUX_SOURCES_BLUESKY_URLS: 'https://example.com' },
      /^SF_CONFIG_INVALID .*sources\.bluesky\.urls\.0 is "https:\/\/example\.com"/,
    ],
    [['ingest', 'rss'], {}, /^SF_USAGE no feed is named\. Give --feed URL, or sources\.rss\.feeds\.$/m],
    [['ingest', 'mastodon', '--hashtag', '#a b'], {}, /must be a hashtag such as skylvara/],
    [
      ['ingest', 'mastodon'],
      {},
      /^SF_USAGE no server is named\. Give --instance URL, or sources\.mastodon\./m,
    ],
    [['ingest', 'discourse'], {}, /^SF_USAGE no forum is named\. Give --forum URL, or sources\.discourse\./m],
    [
      ['ingest', 'reddit'],
      {},
      /^SF_USAGE no subreddit is named\. Give --subreddit NAME, or sources\.reddit\./m,
    ],
    [
      ['ingest', 'reddit', '--subreddit', 'r/travel'],
      {},
      /^SF_CONFIG_INVALID sources\.reddit has no clientId and clientSecret\. Make an application/m,
    ],
    [['ingest', 'reddit', '--subreddit', 'a b'], {}, /must be a subreddit such as travel/],
    [['ingest', 'rss', '--feed', 'ftp://example.com'], {}, /must be an address such as https:/],
    [
      ['ingest', 'bluesky'],
      { SENTIFLUX_INPUT_FIELDS_TEXT: 'body' },
      /^SF_CONFIG_INVALID input\.fields\.text .* Name both/,
    ],
  ])('%j with %j is refused in a line that says why', async (args, variables, line) => {
    const { env } = place();
    const { status: code, stderr } = await run(args, { env: { ...env, ...variables } });
    expect(code).toBe(2);
    expect(stderr).toMatch(line);
  });

  it('reads feeds, and goes on where it was', async () => {
    const { env, posts } = place();
    const server = await feedServer();
    const variables = { ...env, SENTIFLUX_SOURCES_RSS_ALLOW_PRIVATE: 'true' };
    const readUntil = async (count: number): Promise<void> => {
      const child = start(['ingest', 'rss', '--feed', `${server.origin}/a`], { env: variables });
      onTestFinished(() => void child.kill('SIGKILL'));
      const before = server.received.length;
      while (server.received.length === before || (await posts()).length < count) await wait(50);
      child.kill('SIGTERM');
      await once(child, 'exit');
    };
    server.put('/a', rss(rssItem('1', 'Skylvara lost my bag')));
    await readUntil(1);
    server.put('/a', rss(rssItem('2', 'They found it', 60), rssItem('1', 'Skylvara lost my bag')));
    await readUntil(2);
    const { host } = new URL(server.origin);
    expect((await posts()).map((record) => record.slice(0, record.indexOf(' ')))).toEqual([
      `rss:${host}/1`,
      `rss:${host}/2`,
    ]);
  });

  it('loses nothing of Mastodon over a kill and a cut connection, with its token from a file', async () => {
    const { env, posts } = place();
    const server = await mastodonServer();
    const instances = join(temporaryFolder(), 'mastodon.yaml');
    writeFileSync(instances, `[{ url: "${server.url}", token: t0ken }]\n`);
    const variables = {
      ...env,
      SENTIFLUX_SOURCES_MASTODON_INSTANCES_FILE: instances,
      SENTIFLUX_SOURCES_MASTODON_ALLOW_PRIVATE: 'true',
    };
    const streamOpened = async (before: number): Promise<void> => {
      while (server.opened() === before) await wait(10);
    };
    const begin = async () => {
      const before = server.opened();
      const child = start(['ingest', 'mastodon'], { env: variables });
      onTestFinished(() => void child.kill('SIGKILL'));
      await streamOpened(before);
      return child;
    };
    const written = async (): Promise<ReadonlySet<string>> =>
      new Set((await posts()).map((record) => JSON.parse(record.slice(record.indexOf(' '))).text));

    const first = await begin();
    server.post(status(1, 'one'));
    while (!(await written()).has('one')) await wait(50);
    first.kill('SIGKILL');
    await once(first, 'exit');
    server.keep(...Array.from({ length: 100 }, (_, i) => status(10 + i, `missed ${i}`)));
    const second = await begin();
    while (!(await written()).has('missed 99')) await wait(50);
    const before = server.opened();
    server.cut();
    server.keep(status(200, 'two'));
    await streamOpened(before);
    server.post(status(201, 'three'));
    while (!(await written()).has('three')) await wait(50);
    second.kill('SIGTERM');
    await once(second, 'exit');
    expect(await written()).toEqual(
      new Set(['one', ...Array.from({ length: 100 }, (_, i) => `missed ${i}`), 'two', 'three']),
    );
    for (const { headers } of server.received) expect(headers.authorization).toBe('Bearer t0ken');
  }, 120_000);

  it('ends where the server refuses, with status 1', async () => {
    const { env } = place();
    const server = await jetstreamServer();
    server.serve({ answer: { status: 403 } });
    const variables = { ...env, SENTIFLUX_SOURCES_BLUESKY_URLS: server.url };
    const { status: code, stderr } = await run(['ingest', 'bluesky'], { env: variables });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^SF_SOURCE_REFUSED 127\.0\.0\.1:\d+ answered 403\. Check the address\.$/m);
  });

  it('loses none of 10,000 events of Jetstream over kills and cut connections, and tells each of one id alike', async () => {
    const { env, posts } = place();
    const events = mixedEvents(10_000);
    const end = await play({ events, kills: 3, env, written: async () => (await posts()).length });
    const expected = new Set(events.map(recordTold));
    let written = await posts();
    while (new Set(written).size < expected.size) {
      await wait(100);
      written = await posts();
    }
    expect(await end()).toBe(143);

    // What was written more than once is the same each time: its id, and its time, tell that it is no other.
    expect(new Set(written)).toEqual(expected);
    // The last word on each post is the same as on the network.
    expect(lastByKey(written)).toEqual(lastByKey(events.map(recordTold)));
  }, 300_000);
});

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputRecord, SourceRecord } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { deadLetter } from '../../src/pipelines/dead-letters.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { scan } from '../../src/streams/scan.js';
import { freshName } from '../streams/reader.js';
import { type Finished, run, start } from '../support/cli.js';
import { kafkaBrokers } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PARTITIONS = 2;
const POSTED_AT = Date.parse('2026-02-01T08:00:00Z');

/** Topics of one test alone, with the compiled command on them. */
interface Place {
  readonly config: Config;
  readonly streams: Streams;
  deadLetters(...args: readonly string[]): Promise<Finished>;
  file: string;
}

async function openPlace(streamsSection: object): Promise<Place> {
  const name = freshName('dl');
  const settings = {
    streams: { group: name, ...streamsSection },
    topics: {
      posts: `${name}.posts`,
      scored: `${name}.scored`,
      aggregates: `${name}.aggregates`,
      alerts: `${name}.alerts`,
      deadLetters: `${name}.dead`,
      partitions: PARTITIONS,
      replication: 1,
    },
  };
  const file = join(temporaryFolder(), 'sentiflux.yaml');
  writeFileSync(file, JSON.stringify(settings));
  const config = configSchema.parse(settings);
  const streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  return {
    config,
    streams,
    file,
    deadLetters: (command, ...args) => run(['dead-letters', command ?? '', '--config', file, ...args]),
  };
}

interface Given {
  readonly partition?: number;
  readonly value?: Uint8Array | string | null;
  readonly key?: Uint8Array | null;
  readonly headers?: Readonly<Record<string, Uint8Array>>;
  readonly stage?: 'decode' | 'score';
  readonly code?: 'SF_POST_NOT_JSON' | 'SF_POST_NO_TEXT' | 'SF_POST_POISON';
  readonly message?: string;
  /** When it was given up, in minutes after noon. */
  readonly minute?: number;
}

/** A dead letter as the worker writes it, of record 100 + i of its partition. */
function given(
  { topics }: Config,
  {
    partition = 0,
    value = 'not json',
    key = Buffer.from('post'),
    headers,
    stage = 'decode',
    code = 'SF_POST_NOT_JSON',
    message = 'the value is not a JSON object',
    minute = 0,
  }: Given,
  i: number,
): OutputRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const record: SourceRecord = {
    topic: topics.posts,
    partition,
    offset: 100 + i,
    timestamp: epochMillis(POSTED_AT + i),
    key,
    value: bytes,
    ...(headers && { headers }),
  };
  const batch = packRecords([record], assignmentEpoch(1));
  return {
    ...deadLetter(batch, 0, { stage, code, message, attempts: 1 }, topics.deadLetters),
    timestamp: epochMillis(Date.parse('2026-03-01T12:00:00Z') + minute * 60_000),
  };
}

async function prepare({ streams, config }: Place, letters: readonly Given[]): Promise<void> {
  await streams.topics().create(topicSpecs(config.topics));
  await write(
    streams,
    letters.map((letter, i) => given(config, letter, i)),
  );
}

async function write(streams: Streams, records: readonly OutputRecord[]): Promise<void> {
  const producer = await streams.producer();
  await producer.send(records);
  await producer.close();
}

async function everythingIn(streams: Streams, topic: string): Promise<readonly SourceRecord[]> {
  const records: SourceRecord[] = [];
  const ranges = await streams.ranges(topic);
  for await (const record of scan(streams, { topic, group: freshName('all'), ranges })) records.push(record);
  return records;
}

const text = (bytes: Uint8Array | null | undefined): string => String(bytes && Buffer.from(bytes));
const lines = (output: string): readonly string[] => output.split('\n').filter(Boolean);
const places = (output: string): readonly string[] =>
  lines(output)
    .slice(1)
    .map((line) => line.split(' ')[0] ?? '');

describe('dead-letters on files', () => {
  promises(() => openPlace({ kind: 'file', file: { directory: temporaryFolder() } }));
});

describe.skipIf(kafkaBrokers === undefined)('dead-letters on Kafka', () => {
  promises(() =>
    openPlace({ kind: 'kafka', kafka: { brokers: kafkaBrokers ?? [], sessionTimeoutMs: 6_000 } }),
  );
});

function promises(open: () => Promise<Place>): void {
  let place: Place;
  beforeEach(async () => {
    place = await open();
  });

  describe('list', () => {
    it('shows what the headers say, the oldest first, and no text of a post', async () => {
      await prepare(place, [
        { value: 'a private text', minute: 2 },
        { partition: 1, minute: 1, stage: 'score', code: 'SF_POST_POISON', message: 'ended its thread' },
      ]);
      const { status, stdout, stderr } = await place.deadLetters('list');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const [titles, first, second] = lines(stdout);
      expect(titles).toMatch(/^place +time +stage +code +source +redriven +message$/);
      expect(first?.split(/ {2,}/)).toEqual([
        '1:0',
        '2026-03-01T12:01:00.000Z',
        'score',
        'SF_POST_POISON',
        `${place.config.topics.posts} 1:101`,
        'no',
        'ended its thread',
      ]);
      expect(second).toContain('the value is not a JSON object');
      expect(stdout).not.toContain('private');
      expect((await place.deadLetters('list', '--text')).stdout).toContain('a private text');
    });

    it('gives a line of JSON each', async () => {
      await prepare(place, [{}]);
      const { stdout } = await place.deadLetters('list', '--json');
      expect(JSON.parse(stdout)).toEqual({
        partition: 0,
        offset: 0,
        time: '2026-03-01T12:00:00.000Z',
        stage: 'decode',
        code: 'SF_POST_NOT_JSON',
        message: 'the value is not a JSON object',
        attempts: 1,
        source: { topic: place.config.topics.posts, partition: 0, offset: 100 },
        redrives: 0,
        redriven: false,
      });
    });

    it('takes filters, which all must let a record through', async () => {
      await prepare(place, [
        { minute: 0 },
        { minute: 1, code: 'SF_POST_NO_TEXT' },
        { minute: 2, code: 'SF_POST_POISON', stage: 'score' },
        { minute: 3, partition: 1 },
      ]);
      const at = (minute: number) => `2026-03-01T12:0${minute}:00Z`;
      const cases: ReadonlyArray<readonly [readonly string[], readonly string[]]> = [
        [
          ['--code', 'SF_POST_NO_TEXT', '--code', 'SF_POST_POISON'],
          ['0:1', '0:2'],
        ],
        [['--stage', 'score'], ['0:2']],
        [['--source-topic', place.config.topics.posts, '--limit', '1'], ['0:0']],
        [['--partition', '1'], ['1:0']],
        [
          ['--from', at(1), '--to', at(3)],
          ['0:1', '0:2'],
        ],
        [['--stage', 'decode', '--partition', '0', '--from', at(1)], ['0:1']],
      ];
      for (const [args, expected] of cases) {
        expect([args, places((await place.deadLetters('list', ...args)).stdout)]).toEqual([args, expected]);
      }
    }, 60_000);

    it('says what is wrong where the topic is missing, empty, or lacks the partition', async () => {
      const missing = await place.deadLetters('list');
      expect(missing).toMatchObject({ status: 1, stdout: '' });
      expect(missing.stderr).toMatch(/^SF_TOPIC_MISSING .*\n$/);
      expect(missing.stderr).toContain(place.config.topics.deadLetters);
      await prepare(place, []);
      expect(await place.deadLetters('list')).toEqual({
        status: 0,
        stdout: '',
        stderr: `${place.config.topics.deadLetters} holds no dead letters\n`,
      });
      expect(await place.deadLetters('list', '--partition', '9')).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^SF_USAGE .* has no partition 9\. Its partitions are 0 to 1\.\n$/),
      });
      await write(place.streams, [given(place.config, {}, 0)]);
      expect((await place.deadLetters('list', '--code', 'SF_POST_NO_ID')).stderr).toBe(
        `none of the 1 dead letters of ${place.config.topics.deadLetters} is selected\n`,
      );
    }, 60_000);

    it('takes whatever others have written there, and lets none of it steer the terminal', async () => {
      const { streams, config } = place;
      await prepare(place, []);
      const topic = config.topics.deadLetters;
      const steering = Buffer.from('\u001b[2J\u009b31m');
      const none = { topic, partition: 0, key: null };
      await write(streams, [
        { ...none, value: null },
        { ...none, value: Buffer.from([0xff, 0xfe, 0x00]) },
        { ...none, value: steering, headers: { 'sf-error-code': steering, 'sf-error-message': steering } },
        {
          ...none,
          value: Buffer.from('x'),
          headers: {
            'sf-error-code': Buffer.from([0xff]),
            'sf-source-topic': Buffer.from('t'),
            'sf-source-partition': Buffer.from('-1e9'),
            'sf-source-offset': Buffer.alloc(100_000, '9'),
          },
        },
        // A post that claims to be a marker of redrives.
        given(config, { value: '[0,1,2]', headers: { 'sf-redriven': Buffer.from('3') } }, 1),
        { ...none, value: Buffer.from('no list'), headers: { 'sf-redriven': Buffer.from('1') } },
        { ...none, value: Buffer.alloc(1_000_000, 'y') },
      ]);
      const { status, stdout } = await place.deadLetters('list', '--text');
      expect(status).toBe(0);
      expect(lines(stdout)).toHaveLength(8);
      expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
      expect(stdout.length).toBeLessThan(10_000);
      expect(stdout).toContain('t ?:?');
      expect(places((await place.deadLetters('list', '--redriven')).stdout)).toEqual([]);
    }, 60_000);
  });

  describe('show', () => {
    it('shows headers, key and value', async () => {
      await prepare(place, [{}, { value: '{"text": 7}\n', headers: { trace: Buffer.from([0xff, 0]) } }]);
      const { status, stdout } = await place.deadLetters('show', '0:1');
      expect(status).toBe(0);
      expect(stdout).toMatch(/^key +post$/m);
      expect(stdout).toMatch(/^ {2}trace +hex ff00$/m);
      expect(stdout).toMatch(/^ {2}sf-source-offset +101$/m);
      expect(stdout).toMatch(/^value +12 bytes$/m);
      expect(stdout).toContain('\n{"text": 7}\n');
    });

    it('shows bytes that are no text as hex', async () => {
      await prepare(place, [{ value: Buffer.from([0xff, ...Buffer.from('hello')]), key: null }]);
      const { stdout } = await place.deadLetters('show', '0:0');
      expect(stdout).toMatch(/^00000000 {2}ff 68 65 6c 6c 6f +\.hello$/m);
      expect(stdout).toMatch(/^key +null$/m);
    });

    it('says which places there are', async () => {
      await prepare(place, [{}, {}]);
      for (const [wrong, hint] of [
        ['0:2', 'Partition 0 holds 0 to 1.'],
        ['1:0', 'Partition 1 is empty.'],
        ['7:0', 'It has no partition 7.'],
      ] as const) {
        expect(await place.deadLetters('show', wrong)).toMatchObject({
          status: 2,
          stderr: expect.stringContaining(hint),
        });
      }
      expect((await place.deadLetters('show', '0-1')).status).toBe(2);
    }, 60_000);
  });

  describe('redrive', () => {
    it('writes the records as they were, to their partition, and counts', async () => {
      const { streams, config } = place;
      const headers = { trace: Buffer.from([1, 2, 255]), 'sf-redrives': Buffer.from('1') };
      await prepare(place, [
        { partition: 1, value: Buffer.from([0xc3, 0x28]), key: Buffer.from([0xff]), headers },
        { partition: 0, value: null, key: null },
      ]);
      const { status, stdout } = await place.deadLetters('redrive');
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: `2 dead letters redriven to ${config.topics.posts} (2)\n`,
      });
      const found = await everythingIn(streams, config.topics.posts);
      expect(found.toSorted((a, b) => b.partition - a.partition)).toMatchObject([
        { partition: 1, timestamp: POSTED_AT },
        { partition: 0, timestamp: POSTED_AT + 1, key: null, value: null },
      ]);
      const [first] = found.filter(({ partition }) => partition === 1);
      expect(first && [...(first.key ?? []), 0, ...(first.value ?? [])]).toEqual([0xff, 0, 0xc3, 0x28]);
      expect(first?.headers && Object.keys(first.headers).toSorted()).toEqual(['sf-redrives', 'trace']);
      expect([...(first?.headers?.trace ?? [])]).toEqual([1, 2, 255]);
      expect(text(first?.headers?.['sf-redrives'])).toBe('2');
    });

    it('does not write a record twice, whatever the filters of the next time', async () => {
      const { streams, config } = place;
      await prepare(place, [{}, { code: 'SF_POST_NO_TEXT' }, {}]);
      await place.deadLetters('redrive', '--code', 'SF_POST_NO_TEXT');
      const { stdout, stderr } = await place.deadLetters('redrive');
      expect(stdout).toContain('2 dead letters redriven');
      expect(stderr).toBe('1 were redriven before and stay\n');
      expect(await everythingIn(streams, config.topics.posts)).toHaveLength(3);
      expect((await place.deadLetters('redrive')).stdout).toBe('0 dead letters redriven\n');
      expect(places((await place.deadLetters('list', '--redriven')).stdout)).toEqual(['0:0', '0:1', '0:2']);
    }, 60_000);

    it('goes on where it was stopped, at the rate that it is given', async () => {
      const { streams, config, file } = place;
      await prepare(
        place,
        Array.from({ length: 60 }, (_, i) => ({ partition: i % PARTITIONS, value: `post ${i}` })),
      );
      const stopped = start(['dead-letters', 'redrive', '--config', file, '--rate', '20']);
      let said = '';
      stopped.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      const closed = once(stopped, 'close');
      while ((await everythingIn(streams, config.topics.posts)).length < 4);
      stopped.kill('SIGTERM');
      expect(await closed).toEqual([143, null]);
      const done = Number(/^(\d+) of 60 dead letters redriven/.exec(said)?.[1]);
      expect(done).toBeGreaterThanOrEqual(4);
      expect(done).toBeLessThan(60);
      expect(await everythingIn(streams, config.topics.posts)).toHaveLength(done);

      const began = performance.now();
      const { stdout } = await place.deadLetters('redrive', '--rate', '100');
      expect(performance.now() - began).toBeGreaterThan(((60 - done) / 100) * 900);
      expect(stdout).toContain(`${60 - done} dead letters redriven`);
      const values = (await everythingIn(streams, config.topics.posts)).map(({ value }) => text(value));
      expect(values.toSorted()).toEqual(Array.from({ length: 60 }, (_, i) => `post ${i}`).toSorted());
    }, 60_000);

    it('keeps the order of each partition, and takes thousands of records and large ones', async () => {
      const { streams, config } = place;
      const letters = Array.from({ length: 3_000 }, (_, i) => ({
        partition: i % PARTITIONS,
        value: i % 1_000 === 7 ? `${i} ${'z'.repeat(1_000_000)}` : `${i} short`,
      }));
      await prepare(place, letters);
      expect((await place.deadLetters('redrive')).stdout).toContain('3000 dead letters redriven');
      const found = await everythingIn(streams, config.topics.posts);
      for (const partition of [0, 1]) {
        const values = found.filter((record) => record.partition === partition);
        expect(values.map(({ value }) => Number.parseInt(text(value), 10))).toEqual(
          letters.flatMap((letter, i) => (letter.partition === partition ? [i] : [])),
        );
      }
      expect(found.filter(({ value }) => (value?.length ?? 0) > 1_000_000)).toHaveLength(3);
    }, 60_000);

    it('only says what it would do with --dry-run, and leaves what names no source', async () => {
      const { streams, config } = place;
      await prepare(place, [{}, {}, {}]);
      await write(streams, [
        { topic: config.topics.deadLetters, partition: 0, key: null, value: Buffer.from('foreign') },
        {
          topic: config.topics.deadLetters,
          partition: 0,
          key: null,
          value: Buffer.from('of the dead letters themselves'),
          headers: { 'sf-source-topic': Buffer.from(config.topics.deadLetters) },
        },
      ]);
      expect(await place.deadLetters('redrive', '--dry-run', '--limit', '2')).toEqual({
        status: 0,
        stdout: `would redrive 2 dead letters to ${config.topics.posts} (2)\n`,
        stderr: '2 name no topic that they came from and stay\n',
      });
      expect(await everythingIn(streams, config.topics.posts)).toEqual([]);
    });

    it('writes nothing where a source topic is missing', async () => {
      const { streams, config } = place;
      const gone = freshName('gone');
      await prepare(place, [{}]);
      const headers = { 'sf-source-topic': Buffer.from(gone) };
      await write(streams, [
        { topic: config.topics.deadLetters, partition: 1, key: null, value: null, headers },
      ]);
      const { status, stderr } = await place.deadLetters('redrive');
      expect(status).toBe(1);
      expect(stderr).toContain('SF_TOPIC_MISSING');
      expect(stderr).toContain(gone);
      expect(await everythingIn(streams, config.topics.posts)).toEqual([]);
    });
  });

  describe('purge', () => {
    it('deletes what is selected up to the first record that is not', async () => {
      const { streams, config } = place;
      await prepare(place, [{}, {}, { code: 'SF_POST_NO_TEXT' }, {}, { partition: 1 }]);
      const dry = await place.deadLetters('purge', '--code', 'SF_POST_NOT_JSON', '--dry-run');
      expect(dry).toEqual({
        status: 0,
        stdout: `would delete 3 dead letters of ${config.topics.deadLetters} (partition 0 before 2, 1 before 1)\n`,
        stderr: '1 stay: only what is before an offset can be deleted, and others lie before them\n',
      });
      expect(await everythingIn(streams, config.topics.deadLetters)).toHaveLength(5);
      const { stdout } = await place.deadLetters('purge', '--code', 'SF_POST_NOT_JSON', '--yes');
      expect(stdout).toContain('3 dead letters deleted');
      expect(places((await place.deadLetters('list')).stdout)).toEqual(['0:2', '0:3']);
    }, 60_000);

    it('deletes nothing where it is not told that it may', async () => {
      const { streams, config } = place;
      await prepare(place, [{}]);
      expect(await place.deadLetters('purge')).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(/^SF_USAGE .*Give --yes/),
      });
      expect(await everythingIn(streams, config.topics.deadLetters)).toHaveLength(1);
    });

    it('takes what was redriven along with its markers, and leaves the others', async () => {
      await prepare(place, [{}, {}, {}]);
      await place.deadLetters('redrive', '--limit', '2');
      await place.deadLetters('purge', '--redriven', '--yes');
      expect(places((await place.deadLetters('list')).stdout)).toEqual(['0:2']);
      expect((await place.deadLetters('redrive')).stdout).toContain('1 dead letters redriven');
      await place.deadLetters('purge', '--yes');
      expect(await everythingIn(place.streams, place.config.topics.deadLetters)).toEqual([]);
    }, 60_000);
  });
}

describe('dead-letters', () => {
  it.each(['list', 'show', 'redrive', 'purge'])('%s has --help with examples', async (command) => {
    const { status, stdout } = await run(['dead-letters', command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`Examples:\n  sentiflux dead-letters ${command}`);
  });

  it.each([
    ['a time that is none', ['list', '--from', 'yesterday']],
    ['a time without a zone', ['list', '--from', '2026-03-01T12:00:00']],
    ['a rate of nothing', ['redrive', '--rate', '0']],
    ['a place that is none', ['show', '1']],
  ])('ends with status 2 at %s', async (_, args) => {
    expect((await run(['dead-letters', ...args])).status).toBe(2);
  });
});

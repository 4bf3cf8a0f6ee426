import { beforeEach, describe, expect, it } from 'vitest';
import { freshName } from '../streams/reader.js';
import { run } from '../support/cli.js';
import {
  everythingIn,
  expectPurgeOfTheRedriven,
  given,
  lines,
  openPlace,
  type Place,
  POSTED_AT,
  places,
  prepare,
  text,
  write,
} from '../support/dead-letters.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('dead-letters', () => {
  let place: Place;
  beforeEach(async () => {
    place = await openPlace({ kind: 'file', file: { directory: temporaryFolder() } });
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

    it('takes filters', async () => {
      await prepare(place, [{}, { code: 'SF_POST_NO_TEXT', minute: 1 }, { stage: 'score', minute: 2 }]);
      const time = '2026-03-01T12:01:00Z';
      const { stdout } = await place.deadLetters('list', '--stage', 'decode', '--from', time);
      expect(places(stdout)).toEqual(['0:1']);
      expect(places((await place.deadLetters('list', '--limit', '2')).stdout)).toEqual(['0:0', '0:1']);
    });

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
        `${place.config.topics.deadLetters} holds 1 dead letter; none is selected\n`,
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
      expect(stderr).toBe('1 left out: redriven before\n');
      expect(await everythingIn(streams, config.topics.posts)).toHaveLength(3);
      expect((await place.deadLetters('redrive')).stdout).toBe('0 dead letters redriven\n');
      expect(places((await place.deadLetters('list', '--redriven')).stdout)).toEqual(['0:0', '0:1', '0:2']);
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
        stderr: '2 left out: no header names the topic to write to\n',
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
        stderr: '1 left out: only what lies before an offset can be deleted, and others precede them\n',
      });
      expect(await everythingIn(streams, config.topics.deadLetters)).toHaveLength(5);
      const { stdout } = await place.deadLetters('purge', '--code', 'SF_POST_NOT_JSON', '--yes');
      expect(stdout).toContain(`3 dead letters of ${config.topics.deadLetters} deleted`);
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
      await expectPurgeOfTheRedriven(place);
    }, 60_000);
  });

  it.each(['list', 'show', 'redrive', 'purge'])('%s has --help with examples', async (command) => {
    const { status, stdout } = await run(['dead-letters', command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`Examples:\n  sentiflux dead-letters ${command}`);
  });

  it.each([
    ['a time that is none', ['list', '--from', 'yesterday']],
    ['a time without a zone', ['list', '--from', '2026-03-01T12:00:00']],
    ['a stage that there is not', ['list', '--stage', 'scor']],
    ['a rate of nothing', ['redrive', '--rate', '0']],
    ['a place that is none', ['show', '1']],
  ])('ends with status 2 at %s', async (_, args) => {
    expect((await run(['dead-letters', ...args])).status).toBe(2);
  });
});

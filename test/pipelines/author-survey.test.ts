import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { surveyAuthor } from '../../src/pipelines/author-survey.js';
import { deletionsOf, topicRemains } from '../../src/pipelines/forget.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { hashAuthor } from '../../src/scoring/author-hash.js';
import { openStreams } from '../../src/streams/open.js';
import { scoredPost } from '../aggregation/posts.js';
import { framed, registryServer } from '../registry/registry-server.js';
import { send } from '../streams/reader.js';

const AUTHOR_KEY = 'a secret of the test';
const config = configSchema.parse({
  streams: { kind: 'memory' },
  topics: { partitions: 2 },
  output: { authorKey: AUTHOR_KEY },
});
const { topics } = config;

const bytes = (value: object | string | null) =>
  value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const post = (id: string, author: string | number, partition = 0): OutputRecord => ({
  topic: topics.posts,
  partition,
  key: Buffer.from(id),
  value: bytes({ id, text: 'made up', author }),
  timestamp: epochMillis(1_000),
});
const deletion = (id: string, partition = 0, topic = topics.posts): OutputRecord => ({
  topic,
  partition,
  key: Buffer.from(id),
  value: null,
});
const result = (id: string, author: string, partition = 0): OutputRecord => ({
  topic: topics.scored,
  partition,
  key: Buffer.from(id),
  value: bytes(scoredPost({ id, author: hashAuthor(AUTHOR_KEY, author), brands: ['acme'] })),
  timestamp: epochMillis(2_000),
});
const letter = (value: object | string): OutputRecord => ({
  topic: topics.deadLetters,
  partition: 0,
  key: null,
  value: bytes(value),
  timestamp: epochMillis(3_000),
});

async function surveyOf(records: readonly OutputRecord[], author = 'ann', given = config) {
  const streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  await streams.topics().create(topicSpecs(topics));
  await send(streams, records);
  return { streams, survey: await surveyAuthor(streams, { author, config: given, group: 'forget' }) };
}

/** Ids and partitions of the deletions that are still to be written. */
async function toDelete(records: readonly OutputRecord[], author?: string, given?: typeof config) {
  const { survey } = await surveyOf(records, author, given);
  return deletionsOf(survey, topics.posts).map(({ key, value, partition }) => {
    expect(value).toBeNull();
    return [String(key), partition];
  });
}

describe('finding the posts of an author', () => {
  it('deletes each post where it is, and nobody else’s', async () => {
    expect(
      await toDelete([post('a', 'ann', 1), post('b', 'bob'), post('c', 'ann'), post('d', 'annabel')]),
    ).toEqual([
      ['c', 0],
      ['a', 1],
    ]);
  });

  it('knows authors whose id is a number', async () => {
    expect(await toDelete([post('a', 4711), post('b', '4711'), post('c', 47110)], '4711')).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
  });

  it('writes no second deletion, and one where the post came again', async () => {
    expect(await toDelete([post('a', 'ann'), deletion('a')])).toEqual([]);
    expect(await toDelete([post('a', 'ann'), deletion('a'), post('a', 'ann')])).toEqual([['a', 0]]);
  });

  it('knows a result by the hash of its author, when the post has gone from its topic', async () => {
    const records = [
      result('old', 'ann', 1),
      result('other', 'bob'),
      result('gone', 'ann'),
      deletion('gone', 0, topics.scored),
    ];
    expect(await toDelete(records)).toEqual([['old', 1]]);
    const { survey } = await surveyOf(records);
    expect(survey.posts.find(({ id }) => id === 'old')?.counted).toMatchObject({ brands: ['acme'] });
    const withoutKey = configSchema.parse({ topics: { partitions: 2 } });
    expect(await toDelete(records, 'ann', withoutKey)).toEqual([]);
    expect(await toDelete([...records, post('old', 'ann', 1)], 'ann', withoutKey)).toEqual([['old', 1]]);
  });

  it('reads posts of a schema registry as the worker does, and looks for the author in those that it cannot read', async () => {
    const registry = await registryServer();
    const fields = ['id', 'text', 'author'].map((name) => ({ name, type: 'string' }));
    const id = registry.register('posts-value', {
      schema: JSON.stringify({ type: 'record', name: 'Post', fields }),
    });
    const text = (value: string) => Buffer.from([2 * value.length, ...Buffer.from(value)]);
    const records = ['ann', 'bob'].map((author) => ({
      ...post(`of-${author}`, author),
      value: framed(id, text(`of-${author}`), text('good'), text(author)),
    }));
    const unknown = { ...letter(''), value: framed(99, text('x'), text('good'), text('ann')) };
    const given = configSchema.parse({
      ...config,
      input: { ...config.input, registry: { url: registry.url } },
    });
    const all = [...records, unknown];
    expect(await toDelete(all, 'ann', given)).toEqual([['of-ann', 0]]);
    const { survey } = await surveyOf(all, 'ann', given);
    expect(survey.holdings.deadLetters.records).toBe(1);
    registry.failure = { status: 503 };
    await expect(surveyOf(all, 'ann', given)).rejects.toMatchObject({ code: 'SF_REGISTRY_UNREACHABLE' });
  });

  it('counts what is on each topic, records that nobody could read among them', async () => {
    const { survey } = await surveyOf([
      post('a', 'ann'),
      { ...post('a', 'ann'), timestamp: epochMillis(5_000) },
      result('a', 'ann'),
      letter({ author: 'ann' }),
      letter('{"author":"ann","text":'),
      letter({ author: 'bob' }),
      letter('ann'),
      letter({ author: { name: 'ann' } }),
      { ...post('x', 'bob'), value: bytes({ author: 'ann', text: '' }) },
      { ...post('y', 'bob'), topic: topics.scored },
    ]);
    expect(survey.holdings).toEqual({
      posts: { records: 3, newest: 5_000 },
      scored: { records: 1, newest: 2_000 },
      deadLetters: { records: 2, newest: 3_000 },
    });
    expect(survey.posts.map(({ id }) => id)).toEqual(['a']);
  });
});

describe('what stays on the topics', () => {
  const DAY = 86_400_000;

  it.each([
    [
      'until the segment of the newest record goes',
      { 'retention.ms': `${7 * DAY}`, 'segment.ms': `${DAY}` },
      1_000 + 8 * DAY,
    ],
    ['for ever', { 'retention.ms': '-1', 'segment.ms': `${DAY}` }, 'never'],
    ['who knows how long', {}, 'unknown'],
  ])('stays %s', async (_, settings, until) => {
    const { streams, survey } = await surveyOf([post('a', 'ann')]);
    const described = {
      ...streams,
      topics: () => ({
        ...streams.topics(),
        describe: async (names: readonly string[]) =>
          names.map((name) => ({ name, partitions: 2, replication: 1, settings })),
      }),
    };
    expect(await topicRemains(described, survey, config)).toEqual([
      { where: topics.posts, what: 'posts as they came', count: 1, until },
    ]);
  });
});

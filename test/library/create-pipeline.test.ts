import { describe, expect, it } from 'vitest';
import {
  createPipeline,
  EMBEDDED,
  epochMillis,
  type OutputEvent,
  postId,
  type Sink,
  type Source,
  sourceCursor,
} from '../../src/index.js';

const silent: Sink = { name: 'silent', outputs: ['scored'], write: async () => {} };
const empty: Source = { name: 'empty', async *read() {} };

const postOf = (id: string, text: string, time = Date.now()) => ({
  id: postId(id),
  source: 'forum',
  text,
  createdAt: epochMillis(time),
  updatedAt: epochMillis(time),
});

describe('createPipeline', () => {
  it('takes posts of a source through scoring and windows to a sink, with nothing but Node', async () => {
    const events: OutputEvent[] = [];
    const source: Source = {
      name: 'list',
      async *read() {
        yield {
          events: [
            { kind: 'post', post: postOf('1', 'I love it') },
            { kind: 'post', post: postOf('2', 'I hate it') },
            { kind: 'deletion', id: postId('2') },
          ],
          cursor: sourceCursor('3'),
        };
      },
    };
    const sink: Sink = {
      name: 'list',
      outputs: ['scored', 'aggregates'],
      write: async (batch) => void events.push(...batch),
    };
    const pipeline = await createPipeline({
      config: {
        ...EMBEDDED,
        scoring: { threads: 1 },
        aggregation: { ...EMBEDDED.aggregation, idleAfterMs: 100, outOfOrdernessMs: 0, closeEveryMs: 50 },
      },
      sources: [source],
      sinks: [sink],
    });
    try {
      expect(await pipeline.ingested).toMatchObject([{ posts: 2, deletions: 1 }]);
      const kinds = () => new Set(events.map(({ kind }) => kind));
      // A window of ten seconds has to close first.
      await expect.poll(kinds, { timeout: 30_000 }).toEqual(new Set(['scored', 'deleted', 'window']));
      expect(events).toContainEqual(
        expect.objectContaining({
          kind: 'scored',
          post: expect.objectContaining({ id: '1', label: 'positive' }),
        }),
      );
      expect((await pipeline.readiness()).map(({ name }) => name).toSorted()).toEqual([
        'aggregate',
        'alert',
        'score',
      ]);
      expect((await pipeline.windows.counters()).deletions).toBe(1);
      expect(pipeline.addresses.api).toBeUndefined();
    } finally {
      await pipeline.stop();
    }
  });

  it('tells why it cannot go on where a source throws what is final', async () => {
    const broken: Source = {
      name: 'broken',
      // biome-ignore lint/correctness/useYield: it fails first
      async *read() {
        throw new Error('no such list');
      },
    };
    const pipeline = await createPipeline({
      config: { ...EMBEDDED, scoring: { threads: 1 } },
      roles: ['score'],
      sources: [broken],
    });
    expect((await pipeline.failed).message).toBe('no such list');
    await pipeline.stop();
  });

  it.each([
    ['two sinks of one name', { sinks: [silent, silent] }, 'two sinks are named "silent".'],
    ['two sources of one name', { sources: [empty, empty] }, 'two sources are named "empty".'],
    [
      'a sink whose name cannot be a group',
      { sinks: [{ ...silent, name: 'a b' }] },
      'a sink is named "a b".',
    ],
    [
      'a detector without its rule',
      { detectors: { mine: { history: 0, detect: () => undefined } } },
      'there is a detector for "mine", and no rule of that name.',
    ],
  ])('refuses %s', async (_, options, message) => {
    await expect(createPipeline({ config: EMBEDDED, ...options })).rejects.toMatchObject({
      code: 'SF_CONFIG_INVALID',
      message,
    });
  });
});

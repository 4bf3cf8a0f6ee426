import { describe, expect, it } from 'vitest';
import { createPlacement } from '../../src/streams/kafka/placement.js';
import { partitionOf } from '../../src/streams/partitioner.js';

/** Metadata of topics with so many partitions each. */
function topicsOf(partitions: Readonly<Record<string, number>>) {
  const asked: string[] = [];
  return {
    asked,
    async fetchTopicMetadata({ topics = [] }: { topics?: string[] } = {}) {
      asked.push(...topics);
      return {
        topics: topics.map((name) => {
          const count = partitions[name];
          if (count === undefined) throw new Error(`no topic ${name}`);
          const partition = { partitionErrorCode: 0, leader: 1, replicas: [1], isr: [1] };
          return {
            name,
            partitions: Array.from({ length: count }, (_, partitionId) => ({ ...partition, partitionId })),
          };
        }),
      };
    },
  };
}

const record = (topic: string, key: string | null, partition?: number) => ({
  topic,
  key: key === null ? null : Buffer.from(key),
  value: null,
  ...(partition !== undefined && { partition }),
});

describe('the partition of a record', () => {
  it('is its own where it has one, and nobody is asked', async () => {
    const admin = topicsOf({});
    const placed = await createPlacement(admin)([record('scored', 'post-1', 3)]);
    expect(placed.map(({ partition }) => partition)).toEqual([3]);
    expect(admin.asked).toEqual([]);
  });

  it("is that of its key's hash", async () => {
    const [placed] = await createPlacement(topicsOf({ posts: 12 }))([record('posts', 'post-1')]);
    expect(placed?.partition).toBe(partitionOf(Buffer.from('post-1'), 12));
  });

  it('is the next one for a record without a key', async () => {
    const records = Array.from({ length: 4 }, () => record('posts', null));
    const placed = await createPlacement(topicsOf({ posts: 4 }))(records);
    expect(placed.map(({ partition }) => partition).toSorted()).toEqual([0, 1, 2, 3]);
  });

  it('costs one question a topic', async () => {
    const admin = topicsOf({ posts: 4, alerts: 1 });
    const place = createPlacement(admin);
    await place([record('posts', 'a'), record('alerts', 'b'), record('posts', 'c')]);
    await place([record('posts', 'd')]);
    expect(admin.asked).toEqual(['posts', 'alerts']);
  });

  it('is asked for again after a failure', async () => {
    const partitions: Record<string, number> = {};
    const place = createPlacement(topicsOf(partitions));
    await expect(place([record('posts', 'a')])).rejects.toThrow('no topic posts');
    partitions.posts = 1;
    expect(await place([record('posts', 'a')])).toMatchObject([{ partition: 0 }]);
  });
});

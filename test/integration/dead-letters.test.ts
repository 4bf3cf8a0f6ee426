import { once } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { start } from '../support/cli.js';
import {
  everythingIn,
  expectPurgeOfTheRedriven,
  openPlace,
  PARTITIONS,
  type Place,
  prepare,
  text,
} from '../support/dead-letters.js';
import { kafkaBrokers } from '../support/services.js';

describe.skipIf(kafkaBrokers === undefined)('dead letters on Kafka', () => {
  let place: Place;
  beforeEach(async () => {
    const kafka = { brokers: kafkaBrokers, sessionTimeoutMs: 6_000 };
    place = await openPlace({ kind: 'kafka', kafka });
  });

  it('are redriven once each by a command that is stopped and run again, and not faster than it is told', async () => {
    const { streams, config, file } = place;
    await prepare(
      place,
      Array.from({ length: 60 }, (_, i) => ({ partition: i % PARTITIONS, value: `post ${i}` })),
    );
    const stopped = start(['dead-letters', 'redrive', '--config', file, '--rate', '5']);
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

    const { stdout } = await place.deadLetters('redrive');
    expect(stdout).toContain(`${60 - done} dead letters redriven`);
    const values = (await everythingIn(streams, config.topics.posts)).map(({ value }) => text(value));
    expect(values.toSorted()).toEqual(Array.from({ length: 60 }, (_, i) => `post ${i}`).toSorted());
  }, 60_000);

  it('of thousands and of large values are redriven in the order of each partition', async () => {
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

  it('are purged up to the first one that is not selected, with the markers of redrives', async () => {
    await expectPurgeOfTheRedriven(place);
  }, 60_000);
});

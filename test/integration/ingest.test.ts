import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { cursorTopic, topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import { recordsOn, textOf } from '../pipelines/replays.js';
import { lastByKey, mixedEvents, play, recordTold } from '../sources/jetstream-play.js';
import { freshName } from '../streams/reader.js';
import { kafkaBrokers } from '../support/services.js';

const FULL = process.env.FULL === '1';
const EVENTS = FULL ? 100_000 : 4_000;
const KILLS = FULL ? 12 : 2;
const PARTITIONS = 4;

describe.skipIf(kafkaBrokers === undefined)('an ingestion to Kafka that is killed', () => {
  it(
    `loses none of ${EVENTS} events of Jetstream over ${KILLS} kills, and tells none twice by its id`,
    async ({ annotate }) => {
      const topics = {
        posts: freshName('posts'),
        cursors: freshName('cursors'),
        partitions: PARTITIONS,
        replication: 1,
      };
      const config = configSchema.parse({ streams: { kafka: { brokers: kafkaBrokers } }, topics });
      const streams = await openStreams(config.streams, silentLogger);
      onTestFinished(() => streams.close());
      const posts = topicSpecs(config.topics).filter(({ name }) => name === topics.posts);
      await streams.topics().create([...posts, cursorTopic(config.topics)]);
      const written = async (): Promise<number> => {
        const ranges = await streams.ranges(topics.posts);
        return [...ranges.values()].reduce((sum, { end }) => sum + end, 0);
      };

      const events = mixedEvents(EVENTS);
      const end = await play({
        events,
        kills: KILLS,
        env: {
          SENTIFLUX_STREAMS_KAFKA_BROKERS: String(kafkaBrokers),
          SENTIFLUX_TOPICS_POSTS: topics.posts,
          SENTIFLUX_TOPICS_CURSORS: topics.cursors,
          SENTIFLUX_TOPICS_REPLICATION: '1',
        },
        written,
      });
      const expected = new Set(events.map(recordTold));
      let records: readonly string[] = [];
      while (new Set(records).size < expected.size) {
        await wait(500);
        if ((await written()) < expected.size) continue;
        const partitions = await recordsOn(streams, topics.posts);
        records = partitions.flat().map(({ key, value }) => `${textOf(key)} ${textOf(value) ?? '-'}`);
      }
      expect(await end()).toBe(143);
      await annotate(
        `${EVENTS} events, ${KILLS} kills: ${records.length} records, ${records.length - expected.size} of them again`,
      );

      // Nothing but what was told, whole; what was written again is the same, id and time, so that it counts once.
      expect(new Set(records)).toEqual(expected);
      expect(lastByKey(records)).toEqual(lastByKey(events.map(recordTold)));
    },
    FULL ? 900_000 : 180_000,
  );
});

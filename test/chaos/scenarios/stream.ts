import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../../src/contracts/errors.js';
import { epochMillis } from '../../../src/contracts/ids.js';
import { topicSpecs } from '../../../src/pipelines/topics.js';
import { until } from '../cluster.js';
import type { Scenario, Stage } from '../scenario.js';

const HOUR = 3_600_000;
/** Posts of a producer whose clock is wrong. */
const OTHER_POSTS = 100;
/** What a worker may need more in a burst. */
const MOST_GROWTH_MB = 128;
/** A scorer that is slow, so that a load can be much faster. */
const [SLOW_BATCH_RECORDS, SLOW_BATCH_MILLIS] = [64, 100];
const MOST_SCORED_PER_SECOND = (1_000 * SLOW_BATCH_RECORDS) / SLOW_BATCH_MILLIS;

export const stream: readonly Scenario[] = [
  {
    name: 'redelivered',
    promise: 'windows count each post once, however often it is delivered',
    fault: 'the group is set back to offset 0: everything is delivered again',
    seconds: 25,
    allowsDoubles: true,
    async strike({ cluster, config, worker, startWorker, recovers }) {
      await wait(5_000);
      await recovers();
      await worker.stop();
      const group = { groupId: `${config.streams.group}.score`, topic: config.topics.posts, earliest: true };
      await until('the group is empty', async () => {
        await cluster.admin.resetOffsets(group);
        return true;
      });
      const since = performance.now();
      await startWorker();
      await recovers(since);
    },
  },
  {
    name: 'burst',
    promise: 'what is in flight is bounded: memory stays flat',
    fault: 'posts arrive ten times faster than they are scored',
    seconds: 60,
    settings: { scoring: { maxBatchRecords: SLOW_BATCH_RECORDS } },
    env: { CHAOS_BATCH_MILLIS: String(SLOW_BATCH_MILLIS) },
    async strike({ load, worker, recovers, note, finding }) {
      await wait(5_000);
      await recovers();
      const before = worker.peakMemory();
      const written = load.posts.size;
      // On a busy machine all may have been written by now.
      load.enough = Math.max(load.enough, written + Math.floor(load.enough / 2));
      const since = performance.now();
      const usual = load.postsPerSecond;
      load.postsPerSecond = 10 * MOST_SCORED_PER_SECOND;
      await load.isEnough();
      load.postsPerSecond = usual;
      const arrived = (load.posts.size - written) / (performance.now() - since);
      await recovers(since);
      const scored = (load.posts.size - written) / (performance.now() - since);
      const growth = Math.round(worker.peakMemory() - before);
      note(`${Math.round(1_000 * arrived)} posts/s arrived, ${Math.round(1_000 * scored)} were scored`);
      note(`peak memory ${Math.round(before)} MB before, ${growth} MB more after`);
      if (growth > MOST_GROWTH_MB) finding(`the worker needed ${growth} MB more`);
    },
  },
  {
    name: 'clock-ahead',
    promise:
      'Kafka refuses what a producer with such a clock sends, and no other post is kept out of its window',
    fault: 'one more producer, whose clock is an hour ahead',
    seconds: 20,
    async strike(stage) {
      const refused = await writeWithClock(stage, HOUR - 10_000);
      stage.note(`${refused} of ${OTHER_POSTS} records refused`);
      if (refused < OTHER_POSTS) stage.finding(`Kafka took ${OTHER_POSTS - refused} records from the future`);
    },
  },
  {
    name: 'clock-behind',
    promise:
      'posts of a producer whose clock is wrong are in no window, and keep no other post out of its window',
    fault: 'one more producer, whose clock is an hour behind',
    seconds: 20,
    async strike(stage) {
      const refused = await writeWithClock(stage, -HOUR);
      if (refused > 0) stage.finding(`Kafka refused ${refused} records from the past`);
    },
  },
  {
    name: 'dead-letters-missing',
    promise: 'the partition stops at the post and says so; nothing is passed over',
    fault: 'the topic of dead letters is deleted, 15 s later made again',
    seconds: 40,
    strike: loseDeadLetters,
  },
];

/**
 * Writes posts whose times, and those of their records, are of another clock.
 *
 * @returns how many Kafka refused
 */
async function writeWithClock(
  { newStreams, config, load, oracle, recovers }: Stage,
  ahead: number,
): Promise<number> {
  // By then windows have closed, and tell what comes too late for them.
  await wait(8_000);
  await recovers();
  const producer = await (await newStreams()).producer();
  let refused = 0;
  for (let i = 0; i < OTHER_POSTS; i += 1) {
    const [id, timestamp] = [`other-clock-${i}`, epochMillis(Date.now() + ahead)];
    const value = Buffer.from(
      JSON.stringify({ id, text: 'Somebody: what time is it?', createdAt: timestamp }),
    );
    try {
      await producer.send([{ topic: config.topics.posts, key: Buffer.from(id), value, timestamp }]);
      load.posts.add(id);
      oracle.outside += 1;
    } catch (error) {
      if (!/timestamp/i.test(messageOf(error))) throw error;
      refused += 1;
    }
    await wait(50);
  }
  await producer.close();
  await recovers();
  return refused;
}

async function loseDeadLetters({
  cluster,
  config,
  worker,
  load,
  newStreams,
  recovers,
}: Stage): Promise<void> {
  // What is on the topic would go with it.
  load.plantsBadPosts = false;
  await recovers();
  await cluster.admin.deleteTopics({ topics: [config.topics.deadLetters] });
  load.plantsBadPosts = true;
  await worker.nextEnd();
  await wait(15_000);
  const since = performance.now();
  await (await newStreams()).topics().create(topicSpecs(config.topics));
  await recovers(since);
}

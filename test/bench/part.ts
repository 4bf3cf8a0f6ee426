// One part of the worker's work alone, in a process of its own: prints what it took of the processors, in µs a post.
//
//   part.ts score FOLDER COUNT            the network, int8, one thread, in batches as the worker makes them
//   part.ts consume BROKERS TOPIC COUNT   kafkajs' consumer, whose batches go nowhere
//   part.ts produce BROKERS TOPIC COUNT   kafkajs' producer, of records as the worker writes them
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { loadBundle } from '../../src/model/bundle.js';
import { shippedModel } from '../../src/pipelines/scorer.js';
import { bucketByLength } from '../../src/scoring/buckets.js';
import { openEngine } from '../../src/scoring/choose-engine.js';

const BATCH = 512;
/** Of the worker's results in the mean. */
const RESULT_BYTES = 560;

/** Microseconds of user and system time since then, for each of so many posts. */
function microsSince(start: NodeJS.CpuUsage, posts: number): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / posts;
}

async function score(folder: string, count: number): Promise<number> {
  const read = (name: string): Int32Array =>
    new Int32Array(Uint8Array.from(readFileSync(join(folder, name))).buffer);
  const [offsets, all] = [read('offsets.i32'), read('tokens.i32')];
  const tokens = Array.from({ length: count }, (_, i) => all.subarray(offsets[i], offsets[i + 1]));
  const { engine } = await openEngine(
    { engine: 'auto', precision: 'int8' },
    await loadBundle(shippedModel()),
  );
  const started = process.cpuUsage();
  for (let i = 0; i < count; i += BATCH) {
    for (const { batch } of bucketByLength(tokens.slice(i, i + BATCH))) await engine.score(batch);
  }
  return microsSince(started, count);
}

async function consume(kafka: Kafka, topic: string, count: number): Promise<number> {
  const consumer = kafka.consumer({ groupId: `${topic}.${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let consumed = 0;
  let first: { readonly usage: NodeJS.CpuUsage; readonly consumed: number } | undefined;
  const micros = await new Promise<number>((resolve) => {
    consumer.run({
      eachBatch: async ({ batch }) => {
        consumed += batch.messages.length;
        // What came first came with what a start costs.
        first ??= { usage: process.cpuUsage(), consumed };
        if (consumed >= count) resolve(microsSince(first.usage, consumed - first.consumed));
      },
    });
  });
  await consumer.disconnect();
  return micros;
}

async function produce(kafka: Kafka, topic: string, count: number): Promise<number> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const message = (i: number) => ({
    key: `post-${i}`,
    value: Buffer.alloc(RESULT_BYTES, 'a'),
    headers: {
      'sf-source-topic': topic,
      'sf-source-partition': '0',
      'sf-source-offset': String(i),
      'sf-source-timestamp': String(Date.now()),
    },
  });
  const send = (from: number) =>
    producer.send({ topic, messages: Array.from({ length: BATCH }, (_, i) => message(from + i)) });
  await send(0);
  const started = process.cpuUsage();
  for (let i = BATCH; i < count; i += BATCH) await send(i);
  const micros = microsSince(started, count - BATCH);
  await producer.disconnect();
  return micros;
}

const [part, place = '', ...rest] = process.argv.slice(2);
const [topic, count] = part === 'score' ? ['', Number(rest[0])] : [rest[0] ?? '', Number(rest[1])];
const kafka = new Kafka({ brokers: place.split(','), logLevel: logLevel.ERROR });
const micros =
  part === 'score'
    ? await score(place, count)
    : await (part === 'consume' ? consume : produce)(kafka, topic, count);
console.log(micros);

// Loaded into a worker with NODE_OPTIONS=--import: strikes at a point between two of its steps, when the parent
// process says so. The worker and its libraries are as they are; only the calls between them pass through here.
//
// A message { point, after } arms it: at the after-th time that the worker comes to that point from then on, it
// is killed as by `kill -9`, or, for thread-…, its scorer thread gets a task that it does not survive. It says so.
// CHAOS_THREAD=FILE scores every batch with that file of a thread instead of the worker's own.
// CHAOS_BATCH_MILLIS=N begins a batch N ms after the one before, at the earliest: a scorer that is slow.
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import { Piscina } from 'piscina';

let armed = { point: 'none', left: 0 };
if (isMainThread && process.channel) {
  process.on('message', ({ point, after }) => {
    armed = { point, left: after };
  });
  // The worker must end as if nobody listened.
  process.channel.unref();
}

function reaches(point) {
  if (armed.point !== point) return false;
  armed.left -= 1;
  if (armed.left > 0) return false;
  armed = { point: 'none', left: 0 };
  process.send({ struck: point });
  return true;
}

function dieAt(point) {
  if (reaches(point)) process.kill(process.pid, 'SIGKILL');
}

const { consumer: openConsumer } = kafkajs.Kafka.prototype;

kafkajs.Kafka.prototype.consumer = function (options) {
  const consumer = openConsumer.call(this, options);
  if (!options.groupId.endsWith('.score')) return consumer;
  consumer.on(consumer.events.REBALANCING, () => dieAt('in-rebalance'));
  return {
    ...consumer,
    run: (config) =>
      consumer.run({
        ...config,
        eachBatch(payload) {
          if (payload.batch.messages.length > 0) dieAt('after-fetch');
          return config.eachBatch({
            ...payload,
            commitOffsetsIfNecessary(offsets) {
              dieAt('before-commit');
              return payload.commitOffsetsIfNecessary(offsets);
            },
          });
        },
      }),
  };
};

const Broker = createRequire(import.meta.url)('kafkajs/src/broker');
const { produce, endTxn } = Broker.prototype;

/** In a transaction or not. */
Broker.prototype.produce = async function (question) {
  const written = await produce.call(this, question);
  if (question.topicData.some(({ topic }) => topic.endsWith('.scored'))) dieAt('after-produce');
  return written;
};

Broker.prototype.endTxn = function (question) {
  if (question.transactionResult) dieAt('before-commit');
  return endTxn.call(this, question);
};

const { evalsha } = Redis.prototype;
Redis.prototype.evalsha = async function (sha, keyCount, ...rest) {
  const reply = await evalsha.call(this, sha, keyCount, ...rest);
  // The script that counts a batch, by its keys.
  if (keyCount === 5 && String(rest[0]).endsWith(':state')) dieAt('after-redis-write');
  return reply;
};

const apart = Number(process.env.CHAOS_BATCH_MILLIS ?? 0);
let nextBegins = 0;

/** Waits for this batch's turn. */
async function turn() {
  const begins = Math.max(performance.now(), nextBegins);
  nextBegins = begins + apart;
  await wait(begins - performance.now());
}

const ownThread = process.env.CHAOS_THREAD;
const faultyThread = new URL('thread.mjs', import.meta.url).href;
const { run } = Piscina.prototype;
Piscina.prototype.run = async function (task, options) {
  if (task.kind !== 'batch') return run.call(this, task, options);
  if (apart > 0) await turn();
  for (const fault of ['crash', 'hang', 'memory']) {
    if (reaches(`thread-${fault}`))
      return run.call(this, { ...task, fault }, { ...options, filename: faultyThread });
  }
  if (reaches('while-scoring')) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1);
  return run.call(this, task, ownThread === undefined ? options : { ...options, filename: ownThread });
};

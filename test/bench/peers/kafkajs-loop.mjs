// Consume, score, produce with kafkajs: at least once, a fetched batch at a time, cut into micro-batches.
import { Kafka, logLevel } from 'kafkajs';
import { batchesByLength, readTokenTable, resultOf } from './posts.mjs';

/**
 * Scores the posts of the input topic until all are done.
 *
 * @param logitsOf a function of rows of tokens and the width of the longest; resolves to logits [rows × 3]
 */
export async function run({ brokers, group, input, output, posts: wanted, tokens }, logitsOf) {
  const tokensOf = readTokenTable(tokens);
  const kafka = new Kafka({ clientId: group, brokers: brokers.split(','), logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: group });
  const producer = kafka.producer();
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: input, fromBeginning: true });

  await new Promise((resolve, reject) => {
    let done = 0;
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    // Its position moves, and is committed, once the function has resolved.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      done += payload.batchSize;
      if (done >= wanted) resolve();
    });
    consumer.run({
      eachBatch: async ({ batch, heartbeat }) => {
        const posts = batch.messages.map(({ value }) => JSON.parse(value.toString()));
        const rows = posts.map(tokensOf);
        for (const { indices, width } of batchesByLength(rows)) {
          const logits = await logitsOf(
            indices.map((index) => rows[index]),
            width,
          );
          const messages = indices.map((index, row) => ({
            key: batch.messages[index].key,
            value: JSON.stringify(resultOf(posts[index], logits.subarray(3 * row, 3 * row + 3))),
          }));
          await producer.send({ topic: output, messages });
          await heartbeat();
        }
      },
    });
  });
  await consumer.disconnect();
  await producer.disconnect();
}

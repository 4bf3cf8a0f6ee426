import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { isRefusal, translated } from '../../src/streams/kafka/errors.js';

const answer = (type: string, retriable = false) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0, retriable }));

const { kafka } = configSchema.parse({}).streams;
const toldOf = (error: Error) => translated(error, 'cannot read the offsets of posts', kafka);

describe('a transaction that failed', () => {
  it.each([
    ['a record that is too large', answer('MESSAGE_TOO_LARGE')],
    ['a topic that is not there', answer('UNKNOWN_TOPIC_OR_PARTITION', true)],
    ['a worker that may not write', answer('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')],
    ['a topic that is not there, as a user is told', toldOf(answer('UNKNOWN_TOPIC_OR_PARTITION', true))],
    ['what is no error of Kafka', new TypeError('undefined is not a function')],
  ])('fails again for %s', (_what, error) => {
    expect(isRefusal(error)).toBe(true);
  });

  it.each([
    ['another producer has its id', answer('INVALID_PRODUCER_EPOCH')],
    ['the broker names an error that kafkajs does not know', answer('KAFKAJS_UNKNOWN_ERROR_CODE')],
    ['too few replicas are in sync', answer('NOT_ENOUGH_REPLICAS', true)],
    ['a leader has moved, as a user is told', toldOf(answer('NOT_LEADER_FOR_PARTITION', true))],
    ['the connection is gone', new KafkaJSConnectionError('closed', { broker: '127.0.0.1:9092' })],
    [
      'it was tried too often',
      new KafkaJSNumberOfRetriesExceeded(new Error('timed out'), { retryCount: 5, retryTime: 100 }),
    ],
  ])('may pass where %s', (_what, error) => {
    expect(isRefusal(error)).toBe(false);
  });
});

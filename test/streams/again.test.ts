import { KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { againWhileUnreachable } from '../../src/streams/kafka/again.js';

const closed = () => new KafkaJSConnectionError('Closed connection');

/** Fails with these errors, one after the other, and then succeeds. */
function failing(...errors: readonly Error[]) {
  let calls = 0;
  return {
    calls: () => calls,
    work: async () => {
      const error = errors[calls];
      calls += 1;
      if (error !== undefined) throw error;
      return 'done';
    },
  };
}

describe('againWhileUnreachable', () => {
  it('does the work again after a connection has closed, and tells of it', async () => {
    const told: unknown[] = [];
    const { work, calls } = failing(closed());
    await expect(againWhileUnreachable(work, (error) => told.push(error) > 0)).resolves.toBe('done');
    expect(calls()).toBe(2);
    expect(told).toEqual([expect.objectContaining({ message: 'Closed connection' })]);
  });

  it.each([
    ['what the broker refuses', new KafkaJSProtocolError(new Error('not allowed'))],
    ['what is no error of Kafka', new RangeError('out of range')],
  ])('gives up at once at %s', async (_, error) => {
    Object.assign(error, { type: 'TOPIC_AUTHORIZATION_FAILED', retriable: false });
    const { work, calls } = failing(error);
    await expect(againWhileUnreachable(work, () => true)).rejects.toBe(error);
    expect(calls()).toBe(1);
  });

  it('gives up when nobody wants it any more', async () => {
    const { work, calls } = failing(closed(), closed());
    await expect(againWhileUnreachable(work, () => false)).rejects.toThrow('Closed connection');
    expect(calls()).toBe(1);
  });

  it('gives up in the end', async () => {
    const { work, calls } = failing(...Array.from({ length: 9 }, closed));
    await expect(againWhileUnreachable(work, () => true, [1, 1, 1])).rejects.toThrow('Closed connection');
    expect(calls()).toBe(4);
  });
});

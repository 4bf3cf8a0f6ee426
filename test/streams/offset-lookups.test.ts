import { type Admin, Kafka, KafkaJSProtocolError, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { withSteadyLookups } from '../../src/streams/kafka/offset-lookups.js';

const OFFSETS = [{ partition: 0, offset: '7', high: '7', low: '0' }];

/** An admin that never connects: it fails as kafkajs' does, as long as it does not know the leader. */
function adminThatKnows(failure: Error, hasNewLeaders: () => boolean): { admin: Admin; asked: string[] } {
  const asked: string[] = [];
  let knows = false;
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
  const admin: Admin = {
    ...kafka.admin(),
    async fetchTopicOffsets() {
      asked.push('offsets');
      if (!knows) throw failure;
      return OFFSETS;
    },
    async listGroups() {
      asked.push('groups');
      knows = hasNewLeaders();
      return { groups: [] };
    },
  };
  return { admin, asked };
}

const answer = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0, retriable: true }));

describe('a look-up of offsets', () => {
  it.each(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE'])(
    'is made again with new metadata at %s, which kafkajs would keep for minutes',
    async (type) => {
      const { admin, asked } = adminThatKnows(answer(type), () => true);
      expect(await withSteadyLookups(admin).fetchTopicOffsets('posts')).toEqual(OFFSETS);
      expect(asked).toEqual(['offsets', 'groups', 'offsets']);
    },
  );

  it('goes on while a leader is being elected', async () => {
    let elections = 3;
    const { admin } = adminThatKnows(answer('LEADER_NOT_AVAILABLE'), () => {
      elections -= 1;
      return elections === 0;
    });
    expect(await withSteadyLookups(admin).fetchTopicOffsets('posts')).toEqual(OFFSETS);
  });

  it('fails at once where it would fail again', async () => {
    const { admin, asked } = adminThatKnows(answer('TOPIC_AUTHORIZATION_FAILED'), () => true);
    await expect(withSteadyLookups(admin).fetchTopicOffsets('posts')).rejects.toMatchObject({
      type: 'TOPIC_AUTHORIZATION_FAILED',
    });
    expect(asked).toEqual(['offsets']);
  });
});

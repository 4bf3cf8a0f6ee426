import { SentifluxError } from '../../contracts/errors.js';
import type { GroupMember } from './group-generations.js';
import {
  addVersion,
  type Decoder,
  type Exchange,
  newDecoder,
  newEncoder,
  type OffsetsOfTopic,
  type ProducerIdentity,
} from './kafkajs-protocol.js';

/** The first version of the request that names the member of the group (KIP-447). */
const MEMBER_VERSION = 3;
/** Of a record that has none. */
const NO_LEADER_EPOCH = -1;

interface Question extends ProducerIdentity {
  readonly groupId: string;
  readonly topics: readonly OffsetsOfTopic[];
}

/** What is committed by way of a transaction, and in whose name. */
const members = new WeakMap<readonly OffsetsOfTopic[], GroupMember>();

/**
 * Offsets for kafkajs' `txnOffsetCommit` that a broker takes only of a member of the group in its present generation: with
 * ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID it refuses those of a worker that others have replaced.
 */
export function inNameOf(member: GroupMember, topics: readonly OffsetsOfTopic[]): readonly OffsetsOfTopic[] {
  teachKafkajs();
  members.set(topics, member);
  return topics;
}

/**
 * Teaches kafkajs version 3 of TxnOffsetCommit for such offsets; all others go on with the version that it has. The fields
 * are those of https://kafka.apache.org/protocol#The_Messages_TxnOffsetCommit.
 */
function teachKafkajs(): void {
  addVersion<Question>('txnOffsetCommit', MEMBER_VERSION, (known) => ({ version }) => {
    const last = known({ version });
    return (question) => {
      const member = members.get(question.topics);
      if (member === undefined) return last(question);
      if (version < MEMBER_VERSION) throw brokerTooOld();
      return ofMember(question, member, last(question));
    };
  });
}

function brokerTooOld(): SentifluxError {
  return new SentifluxError(
    'SF_STREAM_REFUSED',
    'the broker takes no offsets of a transaction in the name of a member of a group, as Kafka does since 2.5.',
    { hint: 'Run Kafka 2.5 or later, or set streams.kafka.delivery to at-least-once.' },
  );
}

function ofMember(question: Question, { memberId, generationId }: GroupMember, last: Exchange): Exchange {
  const { transactionalId, groupId, producerId, producerEpoch, topics } = question;
  const encode = async () =>
    newEncoder()
      // Of the request's header, which kafkajs ends before them.
      .writeUVarIntBytes()
      .writeUVarIntString(transactionalId)
      .writeUVarIntString(groupId)
      .writeInt64(producerId)
      .writeInt16(producerEpoch)
      .writeInt32(generationId)
      .writeUVarIntString(memberId)
      // A group instance: kafkajs has no static members.
      .writeUVarIntString(null)
      .writeUVarIntArray(topics.map(encodeTopic))
      .writeUVarIntBytes();
  return {
    request: { ...last.request, apiVersion: MEMBER_VERSION, encode },
    response: { ...last.response, decode: async (bytes) => decode(newDecoder(bytes)) },
  };
}

function encodeTopic({ topic, partitions }: OffsetsOfTopic) {
  return newEncoder()
    .writeUVarIntString(topic)
    .writeUVarIntArray(
      partitions.map(({ partition, offset }) =>
        newEncoder()
          .writeInt32(partition)
          .writeInt64(offset)
          .writeInt32(NO_LEADER_EPOCH)
          .writeUVarIntString(null)
          .writeUVarIntBytes(),
      ),
    )
    .writeUVarIntBytes();
}

/** As kafkajs' own versions decode it, which what it makes of it relies on. */
function decode(decoder: Decoder): object {
  // Of the response's header.
  decoder.readTaggedFields();
  const clientSideThrottleTime = decoder.readInt32();
  const topics = decoder.readUVarIntArray((ofTopic) => {
    const topic = ofTopic.readUVarIntString();
    const partitions = ofTopic.readUVarIntArray((ofPartition) => {
      const partition = ofPartition.readInt32();
      const errorCode = ofPartition.readInt16();
      ofPartition.readTaggedFields();
      return { partition, errorCode };
    });
    ofTopic.readTaggedFields();
    return { topic, partitions };
  });
  return { throttleTime: 0, clientSideThrottleTime, topics };
}

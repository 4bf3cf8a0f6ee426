import { AsyncLocalStorage } from 'node:async_hooks';
import type { Admin } from 'kafkajs';
import { againWhileUnreachable } from './again.js';
import { typeOf } from './errors.js';
import { addVersion, type Decoder, type Exchange, newDecoder, newEncoder } from './kafkajs-protocol.js';

/** Some 3 s in all: what has ended in the log shows in the coordinator some milliseconds later. */
const WAITS_MILLIS = [10, 20, 50, 100, 200, 500, 1_000, 1_000];

export interface OffsetQuestion {
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
}

/**
 * The offsets that a group has committed, by partition; one for which it has committed nothing is missing. While the
 * coordinator knows of an offset whose transaction has not ended for it, that is waited for.
 *
 * This matters before Kafka 4.0: there a transaction has ended for everybody else before its offset can be read, since
 * the coordinator takes it from the log later, in a thread of its own (KAFKA-17507). Who reads the offset in between
 * without asking for a stable one begins before the transaction, and delivers it once more.
 *
 * @throws UNSTABLE_OFFSET_COMMIT of kafkajs where that takes longer than 3 s
 */
export async function fetchStableOffsets(
  admin: Admin,
  { group, topic, partitions }: OffsetQuestion,
): Promise<ReadonlyMap<number, number>> {
  teachKafkajs();
  // Only of these partitions: on others of the topic other workers' transactions are under way.
  const fetch = () =>
    askingFor(new Set(partitions), () => admin.fetchOffsets({ groupId: group, topics: [topic] }));
  const [committed] = await againWhileUnreachable(
    fetch,
    (error) => typeOf(error) === 'UNSTABLE_OFFSET_COMMIT',
    WAITS_MILLIS,
  );
  return new Map(
    committed?.partitions
      .map(({ partition, offset }): [number, number] => [partition, Number(offset)])
      // Negative: the group has committed nothing.
      .filter(([, offset]) => offset >= 0),
  );
}

/** Set while stable offsets are asked for. */
const wantedPartitions = new AsyncLocalStorage<ReadonlySet<number>>();
let underWay = 0;

/** Once it has been used, Node follows every promise of the process for it, which costs a tenth of what a batch does. */
async function askingFor<Result>(
  partitions: ReadonlySet<number>,
  ask: () => Promise<Result>,
): Promise<Result> {
  underWay += 1;
  try {
    return await wantedPartitions.run(partitions, ask);
  } finally {
    underWay -= 1;
    if (underWay === 0) wantedPartitions.disable();
  }
}

/** The first version of the request that can ask for stable offsets. */
const STABLE_VERSION = 7;

interface Topic {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number }[];
}

interface Question {
  readonly groupId: string;
  readonly topics: readonly Topic[];
}

/**
 * Teaches kafkajs version 7 of OffsetFetch, for those who ask for stable offsets; all others go on with the version
 * that it has. The fields are those of https://kafka.apache.org/protocol#The_Messages_OffsetFetch.
 */
function teachKafkajs(): void {
  addVersion<Question>('offsetFetch', STABLE_VERSION, (known) => ({ version }) => {
    const wanted = wantedPartitions.getStore();
    const last = known({ version });
    return wanted === undefined || version < STABLE_VERSION
      ? last
      : (asked) => stable(asked, wanted, last(asked));
  });
}

function stable({ groupId, topics }: Question, wanted: ReadonlySet<number>, last: Exchange): Exchange {
  const encodeTopic = ({ topic, partitions }: Topic) =>
    newEncoder()
      .writeUVarIntString(topic)
      .writeUVarIntArray(
        partitions
          .filter(({ partition }) => wanted.has(partition))
          .map(({ partition }) => newEncoder().writeInt32(partition)),
      )
      .writeUVarIntBytes();
  const encode = async () =>
    newEncoder()
      // Of the request's header, which kafkajs ends before them.
      .writeUVarIntBytes()
      .writeUVarIntString(groupId)
      .writeUVarIntArray(topics.map(encodeTopic))
      .writeBoolean(true)
      .writeUVarIntBytes();
  return {
    request: { ...last.request, apiVersion: STABLE_VERSION, encode },
    response: { ...last.response, decode: async (bytes) => decodeStable(newDecoder(bytes)) },
  };
}

/** As kafkajs' own versions decode it, which what it makes of it relies on. */
function decodeStable(decoder: Decoder): object {
  // Of the response's header.
  decoder.readTaggedFields();
  const clientSideThrottleTime = decoder.readInt32();
  const responses = decoder.readUVarIntArray((topics) => {
    const topic = topics.readUVarIntString();
    const partitions = topics.readUVarIntArray(decodePartition);
    topics.readTaggedFields();
    return { topic, partitions };
  });
  return { throttleTime: 0, clientSideThrottleTime, responses, errorCode: decoder.readInt16() };
}

function decodePartition(decoder: Decoder): object {
  const partition = decoder.readInt32();
  const offset = decoder.readInt64().toString();
  // The epoch of the leader at the time of the commit.
  decoder.readInt32();
  const metadata = decoder.readUVarIntString();
  const errorCode = decoder.readInt16();
  decoder.readTaggedFields();
  return { partition, offset, metadata, errorCode };
}

import { groupBy } from '../../contracts/group-by.js';
import type { Output } from '../../contracts/output-batch.js';
import { allOver } from './all-over.js';
import { Coordinator, OF_GROUP, OF_TRANSACTION } from './coordinator.js';
import type { GroupMember } from './group-generations.js';
import { inNameOf } from './group-offsets.js';
import type { Cluster, ProducerIdentity } from './kafkajs-protocol.js';
import type { Place } from './placement.js';
import { PartitionSend } from './produce-requests.js';
import { splitByPartition } from './requests.js';
import { TransactionalSends } from './transactional-sends.js';

/** Readers wait for the open transaction of a worker that died at most this long. */
const TRANSACTION_TIMEOUT_MILLIS = 12_000;

/** What becomes visible at once. */
export interface TransactionContent {
  readonly outputs: readonly Output[];
  /** Called when the brokers have them all, before they are visible. */
  readonly onSent: () => void;
  readonly offsets: GroupOffsets;
}

export interface GroupOffsets {
  /** In whose name they are committed: refused where others have taken its place. */
  readonly member: GroupMember;
  readonly topic: string;
  /** Of each partition where it is read on. */
  readonly next: ReadonlyMap<number, number>;
}

export interface TransactionalProducer {
  /**
   * Runs one transaction; one at a time. After an error it is not known what came of it, and the producer must be closed:
   * the next one of its id finds out.
   */
  commit(content: TransactionContent): Promise<void>;
  /** Aborts what is open, as far as the broker can be reached. */
  close(): Promise<void>;
}

/**
 * Raises the epoch of a transactional id: what a producer of it has left open is aborted, or committed to the end where
 * that has begun, and what it still sends is refused.
 */
export async function shutOut(cluster: Cluster, transactionalId: string): Promise<void> {
  await raiseEpoch(new Coordinator(cluster, transactionalId, OF_TRANSACTION), transactionalId);
}

async function raiseEpoch(coordinator: Coordinator, transactionalId: string): Promise<ProducerIdentity> {
  const question = { transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MILLIS };
  return { transactionalId, ...(await coordinator.ask((broker) => broker.initProducerId(question))) };
}

export interface TransactionalProducerOptions {
  readonly cluster: Cluster;
  readonly transactionalId: string;
  /** Whose offsets its transactions commit. */
  readonly group: string;
  readonly place: Place;
}

/**
 * Opens a producer, which shuts out those of its id before it.
 *
 * Not kafkajs' own, which goes through five requests one after the other, looks the coordinators up for each, cannot say
 * whose offsets it commits, and counts the records of a failed request back, also those that the broker took: it would
 * take other records under the same numbers for copies and drop them without a word.
 */
export async function openTransactionalProducer({
  cluster,
  transactionalId,
  group,
  place,
}: TransactionalProducerOptions): Promise<TransactionalProducer> {
  const coordinator = new Coordinator(cluster, transactionalId, OF_TRANSACTION);
  const identity = await raiseEpoch(coordinator, transactionalId);
  const groupCoordinator = new Coordinator(cluster, group, OF_GROUP);
  const sends = new TransactionalSends(cluster, identity);
  let isOpen = false;

  const end = async (isCommit: boolean): Promise<void> => {
    await coordinator.ask((broker) => broker.endTxn({ ...identity, transactionResult: isCommit }));
    isOpen = false;
  };

  return {
    async commit({ outputs, onSent, offsets }) {
      const requests = splitByPartition(await place(outputs)).flat();
      isOpen = true;
      const topics = partitionsOf(requests);
      // On one connection, on which a broker answers one request after the other.
      await allOver([
        coordinator.ask((broker) => broker.addOffsetsToTxn({ ...identity, groupId: group })),
        topics.length > 0 && coordinator.ask((broker) => broker.addPartitionsToTxn({ ...identity, topics })),
      ]);
      await allOver([
        sends.send(requests.map((request) => new PartitionSend(request))),
        groupCoordinator.ask((broker) =>
          broker.txnOffsetCommit({ ...identity, groupId: group, topics: topicsOf(offsets) }),
        ),
      ]);
      onSent();
      await end(true);
    },

    async close() {
      if (isOpen) await end(false).catch(() => {});
    },
  };
}

function partitionsOf(
  requests: ReadonlyArray<{ readonly topic: string; readonly partition: number }>,
): ReadonlyArray<{ readonly topic: string; readonly partitions: readonly number[] }> {
  return [...groupBy(requests, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    partitions: [...new Set(own.map(({ partition }) => partition))],
  }));
}

function topicsOf({ member, topic, next }: GroupOffsets) {
  const partitions = [...next].map(([partition, offset]) => ({ partition, offset: String(offset) }));
  return inNameOf(member, [{ topic, partitions }]);
}

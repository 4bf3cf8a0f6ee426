import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { groupBy } from '../../contracts/group-by.js';
import { allOver } from './all-over.js';
import { isTransient } from './errors.js';
import type { Cluster, ProducerIdentity } from './kafkajs-protocol.js';
import { type PartitionSend, topicDataOf } from './produce-requests.js';
import { ALL_IN_SYNC, placeOf, whatGoesTogether } from './requests.js';

/** Before each further attempt: some 3 s in all, in which a leader that was stopped has been replaced. */
const WAITS_MILLIS = [100, 200, 400, 800, 1_600];
/** Sequence numbers go on from 0 behind it. */
const MOST_SEQUENCE = 2 ** 31;

/**
 * Sends the records of a transactional producer, one request to each broker at a time. Each batch keeps its sequence number
 * however often it is sent, so that a broker that has it already takes it for what it is.
 */
export class TransactionalSends {
  readonly #cluster: Cluster;
  readonly #identity: ProducerIdentity;
  /** By partition, the number of its next record. */
  readonly #sequences = new Map<string, number>();

  constructor(cluster: Cluster, identity: ProducerIdentity) {
    this.#cluster = cluster;
    this.#identity = identity;
  }

  /** Resolves when the brokers have all of them; those of a partition in their order. */
  async send(sends: readonly PartitionSend[]): Promise<void> {
    for (const together of whatGoesTogether(sends)) await this.#sendTogether(together);
  }

  async #sendTogether(sends: readonly PartitionSend[]): Promise<void> {
    const sequences = new Map(sends.map((send) => [send, this.#nextSequence(send)]));
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#attempt(sequences);
        return;
      } catch (error) {
        const millis = WAITS_MILLIS[attempt];
        if (!isTransient(error) || millis === undefined) throw error;
        await wait(millis);
        // What cannot be had now shows in the next attempt.
        await this.#cluster.refreshMetadata().catch(() => {});
      }
    }
  }

  /** Those that are not acknowledged yet, each to the broker that leads its partition. */
  async #attempt(sequences: ReadonlyMap<PartitionSend, number>): Promise<void> {
    const left = [...sequences.keys()].filter(({ isAcknowledged }) => !isAcknowledged);
    await this.#cluster.addMultipleTargetTopics([...new Set(left.map(({ request }) => request.topic))]);
    await this.#cluster.refreshMetadataIfNecessary();
    const requests = [...groupBy(left, (send) => this.#leaderOf(send))].map(async ([nodeId, own]) => {
      const broker = await this.#cluster.findBroker({ nodeId });
      await broker.produce({
        ...this.#identity,
        acks: ALL_IN_SYNC,
        topicData: topicDataOf(own, (send) => sequences.get(send) ?? 0),
      });
    });
    await allOver(requests);
    if (left.some(({ isAcknowledged }) => !isAcknowledged))
      throw new kafkajs.KafkaJSError('no broker has said what became of the records');
  }

  #leaderOf({ request }: PartitionSend): string {
    const [leader] = Object.keys(this.#cluster.findLeaderForPartitions(request.topic, [request.partition]));
    if (leader === undefined) throw new kafkajs.KafkaJSError(`nobody leads ${placeOf(request)}`);
    return leader;
  }

  #nextSequence({ request }: PartitionSend): number {
    const place = placeOf(request);
    const sequence = this.#sequences.get(place) ?? 0;
    this.#sequences.set(place, (sequence + request.records) % MOST_SEQUENCE);
    return sequence;
  }
}

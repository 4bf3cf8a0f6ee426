import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Output } from '../../contracts/output-batch.js';
import type { Assignment } from '../assignment.js';
import type { Producer } from '../port.js';
import { type Commitment, OffsetCommits } from './offset-commits.js';
import type { Place } from './placement.js';
import { openProducer } from './producer.js';

/** `unclear`: it is not known what became of it, so the partition has to begin anew. */
export type Delivered = Commitment | 'unclear';

/** Of a consumer, to its group. */
export interface Join {
  readonly memberId: string;
}

/** How outputs and the position that they move a partition to become durable. */
export interface Delivery {
  /**
   * Called on every assignment, with all its partitions, before their committed positions are read; again with the
   * same ones where it has failed, and with some that begin anew.
   *
   * @param join by which they were assigned: the same object until the group is joined again
   */
  begin(assignments: readonly Assignment[], join: Join): Promise<void>;
  /** Tells how offsets of an assignment are committed under the generation of the group that it belongs to. */
  noteCommit(assignment: Assignment, commit: EachBatchPayload['commitOffsetsIfNecessary']): void;
  /**
   * Called for one delivery of an assignment after the other.
   *
   * @param onSent called when the outputs are acknowledged
   * @param passOn called when the next one may begin, if that is before this one is over
   */
  deliver(
    assignment: Assignment,
    outputs: readonly Output[],
    nextOffset: number,
    onSent: () => void,
    passOn: () => void,
  ): Promise<Delivered>;
  close(): Promise<void>;
}

/**
 * At least once: the outputs are acknowledged, then the offset is committed. A crash between the two, or a
 * rebalance, writes outputs a second time.
 */
export function deliverAtLeastOnce(kafka: Kafka, topic: string, place: Place): Delivery {
  const commits = new OffsetCommits(topic);
  const outbox = lazyProducer(kafka, place);
  return {
    async begin() {},
    noteCommit: (assignment, commit) => commits.note(assignment, commit),
    async deliver(assignment, outputs, nextOffset, onSent, passOn) {
      await outbox.send(outputs);
      onSent();
      // Offsets of several deliveries are committed together, and a later one stands for those before it.
      passOn();
      if (assignment.ended) return 'dropped';
      return commits.commit(assignment, nextOffset);
    },
    close: () => outbox.close(),
  };
}

/** For live views, which begin at the end each time: outputs are written, nothing is committed. */
export function deliverUncommitted(kafka: Kafka, place: Place): Delivery {
  const outbox = lazyProducer(kafka, place);
  return {
    async begin() {},
    noteCommit() {},
    async deliver(_assignment, outputs, _nextOffset, onSent) {
      await outbox.send(outputs);
      onSent();
      return 'settled';
    },
    close: () => outbox.close(),
  };
}

/** A producer that connects when there is something to write: many consumers have no outputs. */
function lazyProducer(kafka: Kafka, place: Place): Producer {
  let opening: Promise<Producer> | undefined;
  return {
    async send(outputs) {
      if (outputs.length === 0) return;
      opening ??= openProducer(kafka, place);
      await (await opening).send(outputs);
    },
    async close() {
      await (await opening)?.close();
    },
  };
}

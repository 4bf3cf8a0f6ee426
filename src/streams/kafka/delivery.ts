import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { OutputRecord, RecordBatch } from '../../contracts/record.js';
import type { Assignment } from '../assignment.js';
import type { Producer, Settlement } from '../port.js';
import { OffsetCommits } from './offset-commits.js';
import { openProducer } from './producer.js';

/** How a batch's outputs and its position become durable. */
export interface Delivery {
  /** Tells how offsets of an assignment are committed under the generation of the group that it belongs to. */
  noteCommit(assignment: Assignment, commit: EachBatchPayload['commitOffsetsIfNecessary']): void;
  deliver(assignment: Assignment, batch: RecordBatch, outputs: readonly OutputRecord[]): Promise<Settlement>;
  close(): Promise<void>;
}

/**
 * At least once: the outputs are acknowledged, then the offset is committed. A crash between the two, or a
 * rebalance, writes outputs a second time.
 */
export function deliverAtLeastOnce(kafka: Kafka, topic: string): Delivery {
  const commits = new OffsetCommits(topic);
  const outbox = lazyProducer(kafka);
  return {
    noteCommit: (assignment, commit) => commits.note(assignment, commit),
    async deliver(assignment, batch, outputs) {
      await outbox.send(outputs);
      if (assignment.ended) return 'dropped';
      return commits.commit(assignment, batch.nextOffset);
    },
    close: () => outbox.close(),
  };
}

/** For live views, which begin at the end each time: outputs are written, nothing is committed. */
export function deliverUncommitted(kafka: Kafka): Delivery {
  const outbox = lazyProducer(kafka);
  return {
    noteCommit() {},
    async deliver(_assignment, _batch, outputs) {
      await outbox.send(outputs);
      return 'settled';
    },
    close: () => outbox.close(),
  };
}

/** A producer that connects when there is something to write: many consumers have no outputs. */
function lazyProducer(kafka: Kafka): Producer {
  let opening: Promise<Producer> | undefined;
  return {
    async send(records) {
      if (records.length === 0) return;
      opening ??= openProducer(kafka);
      await (await opening).send(records);
    },
    async close() {
      await (await opening)?.close();
    },
  };
}

import type { Batch, KafkaMessage } from 'kafkajs';
import type { AssignmentEpoch } from '../../contracts/ids.js';
import type { RecordBatch } from '../../contracts/record.js';
import { packRecords } from '../../contracts/record-batch.js';
import { type BatchOwner, FetchedRecords } from './fetched-records.js';
import { toRecord } from './messages.js';

/** Of a consumer's first batch; each that follows may have twice as many. */
const FIRST_BATCH_RECORDS = 16;

/**
 * Cuts what fetches brought into batches. They grow to the limit: code that is new takes ten times as long, and the first
 * results need not wait for hundreds.
 */
export class FetchCutter {
  readonly #maxBatchRecords: number;
  #batchRecords: number;

  constructor(maxBatchRecords: number) {
    this.#maxBatchRecords = maxBatchRecords;
    this.#batchRecords = Math.min(FIRST_BATCH_RECORDS, maxBatchRecords);
  }

  /**
   * @param fetched of one partition, with at least one message
   * @throws SentifluxError SF_STREAM_CRASHED where a record is broken; batches of those before it have come by then
   */
  *cut(fetched: Batch, assignment: AssignmentEpoch): Generator<RecordBatch, void> {
    const { topic, partition } = fetched;
    const records = recordsOf(fetched);
    // The last one takes markers behind it along, so that the committed offset reaches the end.
    const end = Number(fetched.lastOffset()) + 1;
    while (records.left > 0) {
      const count = Math.min(records.left, this.#batchRecords);
      const nextOffset = count === records.left ? end : undefined;
      yield records.take(count, { topic, partition, assignment, nextOffset });
      this.#batchRecords = Math.min(2 * this.#batchRecords, this.#maxBatchRecords);
    }
  }
}

function recordsOf({ messages }: Batch): Pick<FetchedRecords, 'left' | 'take'> {
  const [first] = messages;
  // What is answered in bytes is one message.
  return first instanceof FetchedRecords ? first : new DecodedMessages(messages);
}

/** Of formats that kafkajs decodes. */
class DecodedMessages {
  readonly #messages: readonly KafkaMessage[];
  #taken = 0;

  constructor(messages: readonly KafkaMessage[]) {
    this.#messages = messages;
  }

  get left(): number {
    return this.#messages.length - this.#taken;
  }

  take(count: number, { topic, partition, assignment, nextOffset }: BatchOwner): RecordBatch {
    const messages = this.#messages.slice(this.#taken, this.#taken + count);
    this.#taken += count;
    const records = messages.map((message) => toRecord(topic, partition, message));
    return packRecords(records, assignment, nextOffset);
  }
}

import { type AssignmentEpoch, assignmentEpoch } from '../contracts/ids.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ConsumeOptions, Settlement } from './port.js';

interface HandedOn {
  readonly nextOffset: number;
  readonly records: number;
  readonly bytes: number;
}

/** One partition while it is assigned to a consumer: what was read, what is in flight, what is settled. */
export class Assignment {
  readonly partition: number;
  readonly epoch: AssignmentEpoch;
  /** Resolves once it is known where to begin, or the assignment is over. */
  readonly begun: Promise<void>;
  /** Where the next batch begins. */
  nextOffset = 0;
  #settledTo = 0;
  #ended = false;
  #begin: () => void = () => {};
  #tail: Promise<unknown> = Promise.resolve();
  readonly #inFlight: HandedOn[] = [];
  #records = 0;
  #bytes = 0;

  constructor(partition: number, epoch: AssignmentEpoch) {
    this.partition = partition;
    this.epoch = epoch;
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** True once the partition was assigned anew: nothing of this assignment may be committed any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True where nothing is handed on that is not settled. */
  get isIdle(): boolean {
    return this.#inFlight.length === 0;
  }

  /** The offset up to which everything is settled. */
  get position(): number {
    return this.isIdle ? this.nextOffset : this.#settledTo;
  }

  beginAt(offset: number): void {
    this.nextOffset = offset;
    this.#begin();
  }

  end(): void {
    this.#ended = true;
    this.#begin();
  }

  /** Notes a batch that is handed on. */
  add({ nextOffset, length, bytes }: RecordBatch): void {
    if (this.isIdle) this.#settledTo = this.nextOffset;
    this.nextOffset = nextOffset;
    this.#inFlight.push({ nextOffset, records: length, bytes: bytes.length });
    this.#records += length;
    this.#bytes += bytes.length;
  }

  isFull(most: ConsumeOptions['maxInFlight']): boolean {
    return this.#records >= most.records || this.#bytes >= most.bytes;
  }

  /** Runs a batch's delivery after those of the batches before it. */
  settle(batch: RecordBatch, deliver: () => Promise<Settlement>): Promise<Settlement> {
    const settling = this.#tail.then(async (): Promise<Settlement> => {
      if (this.#ended) return 'dropped';
      const [first] = this.#inFlight;
      if (first?.nextOffset !== batch.nextOffset) {
        throw new Error(
          `partition ${this.partition}: the batch before ${batch.nextOffset} cannot be settled before the one before ${first?.nextOffset}`,
        );
      }
      const settlement = await deliver();
      if (settlement === 'settled') this.#remove(first);
      return settlement;
    });
    this.#tail = settling.catch(() => {});
    return settling;
  }

  /** Resolves once the settlements that have begun are over. */
  async idle(): Promise<void> {
    await this.#tail;
  }

  #remove({ nextOffset, records, bytes }: HandedOn): void {
    this.#inFlight.shift();
    this.#settledTo = nextOffset;
    this.#records -= records;
    this.#bytes -= bytes;
  }
}

/** The partitions that a consumer has, and the number of the assignment that gave them. */
export class Assignments {
  #epoch = 0;
  #current = new Map<number, Assignment>();

  /** Ends every assignment, also of a partition that is kept, and begins new ones. */
  renew(partitions: readonly number[]): readonly Assignment[] {
    this.end();
    this.#epoch += 1;
    const assignments = partitions.map((number) => new Assignment(number, assignmentEpoch(this.#epoch)));
    this.#current = new Map(assignments.map((assignment) => [assignment.partition, assignment]));
    return assignments;
  }

  end(): void {
    for (const assignment of this.#current.values()) assignment.end();
    this.#current = new Map();
  }

  get(partition: number): Assignment | undefined {
    return this.#current.get(partition);
  }

  /** The assignment under which a batch was read, unless it is over. */
  of(batch: RecordBatch): Assignment | undefined {
    const assignment = this.#current.get(batch.partition);
    return assignment?.epoch === batch.assignment ? assignment : undefined;
  }

  all(): readonly Assignment[] {
    return [...this.#current.values()];
  }
}

import { type AssignmentEpoch, assignmentEpoch } from '../contracts/ids.js';
import type { Output } from '../contracts/output-batch.js';
import type { RecordBatch } from '../contracts/record.js';
import { Turns } from '../contracts/turns.js';
import type { ConsumeOptions, Settlement } from './port.js';

/**
 * Makes outputs durable, says so, and then, or with them, makes the position durable.
 *
 * @param passOn lets the next delivery begin before this one is over, where its outputs cannot overtake those of this one
 */
export type Deliver = (
  outputs: readonly Output[],
  nextOffset: number,
  onSent: () => void,
  passOn: () => void,
) => Promise<Settlement>;

/** A batch that was handed on, or, without records, offsets that hold none. */
interface HandedOn {
  readonly nextOffset: number;
  readonly records: number;
  readonly bytes: number;
  /** While its outputs are on their way. */
  isUnderWay: boolean;
}

/** A batch whose outputs wait for the delivery before them. */
interface Waiting {
  readonly nextOffset: number;
  readonly outputs: readonly Output[];
  readonly onSent: () => void;
  readonly resolve: (settlement: Settlement) => void;
  readonly reject: (error: unknown) => void;
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
  readonly #deliveries = new Turns();
  readonly #inFlight: HandedOn[] = [];
  #waiting: Waiting[] = [];
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
  add({ nextOffset, length, bytes }: Pick<RecordBatch, 'nextOffset' | 'length' | 'bytes'>): void {
    if (this.isIdle) this.#settledTo = this.nextOffset;
    this.nextOffset = nextOffset;
    this.#inFlight.push({ nextOffset, records: length, bytes: bytes.length, isUnderWay: false });
    this.#records += length;
    this.#bytes += bytes.length;
  }

  isFull(most: ConsumeOptions['maxInFlight']): boolean {
    return this.#records >= most.records || this.#bytes >= most.bytes;
  }

  /**
   * Delivers a batch after those before it. What comes while a delivery is under way goes together with the
   * next one, so that many small batches cost no more than a few large ones.
   */
  settle(
    { nextOffset }: RecordBatch,
    outputs: readonly Output[],
    deliver: Deliver,
    onSent: () => void = () => {},
  ): Promise<Settlement> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ nextOffset, outputs, onSent, resolve, reject });
      // Each batch is told by its own promise.
      this.#enqueue(deliver).catch(() => {});
    });
  }

  /** Moves on over offsets that hold no records, once the batches before them are settled. */
  passOver(nextOffset: number, deliver: Deliver): Promise<Settlement> {
    this.add({ nextOffset, length: 0, bytes: new Uint8Array() });
    return this.#enqueue(deliver);
  }

  /** Resolves once the settlements that have begun are over. */
  idle(): Promise<void> {
    return this.#deliveries.idle();
  }

  #enqueue(deliver: Deliver): Promise<Settlement> {
    return this.#deliveries.take((passOn) => this.#deliverWaiting(deliver, passOn));
  }

  async #deliverWaiting(deliver: Deliver, passOn: () => void): Promise<Settlement> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const together: Waiting[] = [];
    const from = this.#inFlight.findLastIndex(({ isUnderWay }) => isUnderWay) + 1;
    let end = this.#afterEmpty(from);
    for (const entry of waiting) {
      const next = this.#inFlight[end];
      if (this.#ended || next?.nextOffset === entry.nextOffset) {
        together.push(entry);
        end = this.#afterEmpty(end + 1);
      } else entry.reject(outOfOrder(this.partition, entry, next));
    }
    const handedOn = this.#inFlight.slice(from, end);
    for (const entry of handedOn) entry.isUnderWay = true;
    try {
      const settlement = await this.#deliver(together, handedOn.at(-1), deliver, passOn);
      if (settlement === 'settled') this.#remove(handedOn);
      for (const { resolve } of together) resolve(settlement);
      return settlement;
    } catch (error) {
      for (const entry of handedOn) entry.isUnderWay = false;
      for (const { reject } of together) reject(error);
      throw error;
    }
  }

  async #deliver(
    together: readonly Waiting[],
    last: HandedOn | undefined,
    deliver: Deliver,
    passOn: () => void,
  ): Promise<Settlement> {
    if (this.#ended) return 'dropped';
    // All was delivered with an earlier one, or has to wait for a batch that is not scored yet.
    if (last === undefined) return 'settled';
    return deliver(
      together.flatMap(({ outputs }) => outputs),
      last.nextOffset,
      () => {
        for (const { onSent } of together) onSent();
      },
      passOn,
    );
  }

  /** Index of the first batch in flight, from one on, that has records. */
  #afterEmpty(from: number): number {
    let index = from;
    while (this.#inFlight[index]?.records === 0) index += 1;
    return index;
  }

  /** Also those before them: a position stands for all that lies before it. */
  #remove(settled: readonly HandedOn[]): void {
    const last = settled.at(-1);
    const count = last === undefined ? 0 : this.#inFlight.indexOf(last) + 1;
    for (const { nextOffset, records, bytes } of this.#inFlight.splice(0, count)) {
      this.#settledTo = nextOffset;
      this.#records -= records;
      this.#bytes -= bytes;
    }
  }
}

function outOfOrder(partition: number, { nextOffset }: Waiting, first: HandedOn | undefined): Error {
  return new Error(
    `partition ${partition}: the batch before ${nextOffset} cannot be settled before the one before ${first?.nextOffset}`,
  );
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

  /** Ends one assignment and begins a new one of the same partition. */
  replace(old: Assignment): Assignment {
    old.end();
    this.#epoch += 1;
    const assignment = new Assignment(old.partition, assignmentEpoch(this.#epoch));
    this.#current.set(old.partition, assignment);
    return assignment;
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

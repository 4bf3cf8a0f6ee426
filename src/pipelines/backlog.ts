import type { RecordBatch } from '../contracts/record.js';

interface Waiting {
  readonly length: number;
  readonly nextOffset: number;
  readonly timestamp: number;
}

/** What a consumption has handed on and not settled, and how old it is. */
export class Backlog {
  /** How many records are handed on and not settled. */
  records = 0;
  /** By partition, in the order of offsets. */
  readonly #waiting = new Map<number, Waiting[]>();
  /** Timestamp of the last record that was settled, by partition. */
  readonly #settled = new Map<number, number>();

  add({ partition, length, nextOffset, timestamps }: RecordBatch): void {
    const waiting = this.#waiting.get(partition) ?? [];
    // A partition that begins anew hands the same offsets on again.
    const kept = waiting.filter((before) => before.nextOffset < nextOffset);
    kept.push({ length, nextOffset, timestamp: timestamps[0] ?? 0 });
    this.#waiting.set(partition, kept);
    this.#count();
  }

  settle({ partition, nextOffset, timestamps }: RecordBatch): void {
    const waiting = this.#waiting.get(partition) ?? [];
    this.#waiting.set(
      partition,
      waiting.filter((before) => before.nextOffset > nextOffset),
    );
    this.#settled.set(partition, timestamps.at(-1) ?? 0);
    this.#count();
  }

  /** Partitions were assigned anew: what was handed on before is read again, by whoever has them now. */
  renew(): void {
    this.#waiting.clear();
    this.#settled.clear();
    this.records = 0;
  }

  /** Timestamp of the oldest record that is not settled, or else of the last one that is, where any is known. */
  oldest(partition: number): number | undefined {
    return this.#waiting.get(partition)?.[0]?.timestamp ?? this.#settled.get(partition);
  }

  #count(): void {
    this.records = 0;
    for (const waiting of this.#waiting.values()) {
      for (const { length } of waiting) this.records += length;
    }
  }
}

import type { Consumer } from 'kafkajs';

/**
 * Commits the offsets of partitions, with one request at a time: what comes meanwhile goes together with the
 * next one.
 */
export class OffsetCommitter {
  readonly #consumer: Consumer;
  readonly #topic: string;
  #pending = new Map<number, number>();
  #sending: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(consumer: Consumer, topic: string) {
    this.#consumer = consumer;
    this.#topic = topic;
  }

  /** Resolves when the offset, or a later one of its partition, is committed. */
  commit(partition: number, offset: number): Promise<void> {
    this.#pending.set(partition, offset);
    this.#next ??= (this.#sending ?? Promise.resolve()).catch(() => {}).then(() => this.#send());
    return this.#next;
  }

  /** Forgets what has not been sent: it belongs to an assignment that is over. */
  clear(): void {
    this.#pending.clear();
  }

  async #send(): Promise<void> {
    const offsets = [...this.#pending];
    this.#pending = new Map();
    this.#sending = this.#next;
    this.#next = undefined;
    if (offsets.length === 0) return;
    await this.#consumer.commitOffsets(
      offsets.map(([partition, offset]) => ({ topic: this.#topic, partition, offset: String(offset) })),
    );
  }
}

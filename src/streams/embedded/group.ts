/** A member of a consumer group. */
export interface Member {
  /** Told on every change of the group which partitions it has from now on. */
  assign(partitions: readonly number[]): void;
}

/** The consumers of one topic that share its partitions. */
export class Group {
  readonly #members: Member[] = [];
  readonly #partitions: number;

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  join(member: Member): void {
    this.#members.push(member);
    this.#rebalance();
  }

  leave(member: Member): void {
    const index = this.#members.indexOf(member);
    if (index < 0) return;
    this.#members.splice(index, 1);
    member.assign([]);
    this.#rebalance();
  }

  /** As Kafka's eager protocol does: everybody stops, then everybody gets a share. */
  #rebalance(): void {
    for (const member of this.#members) member.assign([]);
    this.#members.forEach((member, index) => {
      const share: number[] = [];
      for (let partition = index; partition < this.#partitions; partition += this.#members.length)
        share.push(partition);
      member.assign(share);
    });
  }
}

import { type AssignmentEpoch, assignmentEpoch } from '../../contracts/ids.js';

/** A member of a consumer group. */
export interface Member {
  /** Told on every change of the group which partitions it has now, under a new number. */
  assign(partitions: readonly number[], epoch: AssignmentEpoch): void;
}

/** The consumers of one topic that share its partitions. */
export class Group {
  readonly #members: Member[] = [];
  readonly #partitions: number;
  #epoch = 0;

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
    member.assign([], this.#next());
    this.#rebalance();
  }

  /** As Kafka's eager protocol does: everybody stops, then everybody gets a share. */
  #rebalance(): void {
    const epoch = this.#next();
    this.#members.forEach((member, index) => {
      const share: number[] = [];
      for (let partition = index; partition < this.#partitions; partition += this.#members.length)
        share.push(partition);
      member.assign(share, epoch);
    });
  }

  #next(): AssignmentEpoch {
    this.#epoch += 1;
    return assignmentEpoch(this.#epoch);
  }
}

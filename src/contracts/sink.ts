import type { LiveEvent } from './live-feed.js';

/** Topics of what the worker tells, as `topics.*` of the configuration names them. */
export const OUTPUTS = ['scored', 'aggregates', 'alerts'] as const;
export type Output = (typeof OUTPUTS)[number];

/** Takes what the worker tells to somewhere else: a file, a database, another program. */
export interface Sink {
  /** Names its consumer groups, and so where it goes on after a restart: letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  readonly outputs: readonly Output[];
  /**
   * Takes what a batch of one partition tells, in its order, and resolves once that is safe: its position moves then.
   * The writes of a partition follow each other; those of different partitions and outputs may run side by side.
   *
   * What it throws is logged, and the same events come again after a wait. After a crash, or where partitions move to
   * another process, the last ones come once more: keep them by `post.id` and `post.revision`, `alert.id`, and brand,
   * tier and start of a window.
   */
  write(events: readonly LiveEvent[]): Promise<void>;
}

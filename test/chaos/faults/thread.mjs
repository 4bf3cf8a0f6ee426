// A scorer thread that does not survive its task, in the way that the task names.
import { PROGRESS } from '../../../dist/scoring/thread.js';

const FAULTS = {
  crash: () => process.exit(1),
  hang: () => {
    for (;;);
  },
  memory: () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 1_000 }, (_, i) => ({ i })));
  },
};

export function handle({ fault, progress }) {
  Atomics.store(progress, PROGRESS.begunAt, BigInt(Date.now()));
  FAULTS[fault]();
}

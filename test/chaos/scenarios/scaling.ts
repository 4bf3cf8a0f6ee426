import type { Scenario } from '../scenario.js';

export const scaling: readonly Scenario[] = [
  {
    name: 'workers-join-and-leave',
    promise: 'partitions move between workers with nothing lost, doubled or counted twice',
    fault: 'a second and a third worker join under load, then two of them leave',
    seconds: 60,
    async strike({ worker, startWorker, recovers }) {
      const second = await startWorker();
      await recovers();
      const third = await startWorker();
      await recovers();
      await worker.stop();
      await recovers();
      await third.stop();
      await recovers();
      await second.ready();
    },
  },
];

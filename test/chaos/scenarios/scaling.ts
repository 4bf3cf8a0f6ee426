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
  {
    name: 'rolling-upgrade',
    promise: 'workers are replaced one at a time with nothing lost, doubled or counted twice',
    fault:
      'each of two workers is replaced under load: another one starts, and once it runs the old one is told to end',
    seconds: 60,
    async strike({ worker, startWorker, recovers, finding }) {
      for (const old of [worker, await startWorker()]) {
        await startWorker();
        const status = await old.stop();
        if (status !== 0) finding(`a worker that was told to end ended with status ${status}`);
        await recovers();
      }
    },
  },
];

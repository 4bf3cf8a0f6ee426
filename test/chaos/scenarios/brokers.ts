import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario, Stage } from '../scenario.js';
import type { Service } from '../service.js';

const PROMISE = 'two of three brokers are enough: scoring goes on, nothing lost';
const AWAY_MILLIS = 10_000;

export const brokers: readonly Scenario[] = [
  {
    name: 'broker-stopped',
    promise: PROMISE,
    fault: 'one of three brokers stopped cleanly, 10 s later started again',
    seconds: 40,
    strike: (stage) => loseBroker(stage, 'SIGTERM'),
  },
  {
    name: 'broker-killed',
    promise: PROMISE,
    fault: 'one of three brokers killed, 10 s later started again',
    seconds: 40,
    strike: (stage) => loseBroker(stage, 'SIGKILL'),
  },
  {
    name: 'broker-frozen',
    promise: PROMISE,
    fault: 'one of three brokers frozen (SIGSTOP) for 20 s',
    seconds: 50,
    async strike(stage) {
      const broker = anyBroker(stage);
      broker.signal('SIGSTOP');
      await wait(20_000);
      broker.signal('SIGCONT');
      await stage.recovers();
      await whole(stage);
    },
  },
  {
    name: 'brokers-in-turn',
    promise: 'a rolling restart loses nothing',
    fault: 'every broker restarted, one after the other',
    seconds: 60,
    async strike(stage) {
      for (const broker of stage.cluster.brokers) {
        await broker.end('SIGTERM');
        broker.start();
        await whole(stage);
        await stage.recovers();
      }
    },
  },
];

async function loseBroker(stage: Stage, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const broker = anyBroker(stage);
  const since = performance.now();
  await broker.end(signal);
  // While it is away: nobody has to wait for it.
  await stage.recovers(since);
  await wait(Math.max(0, since + AWAY_MILLIS - performance.now()));
  broker.start();
  await whole(stage);
  await stage.recovers();
}

function anyBroker({ cluster, between }: Stage): Service {
  const broker = cluster.brokers[between(0, cluster.brokers.length - 1)];
  if (broker === undefined) throw new RangeError('there is no broker');
  return broker;
}

function whole({ cluster, config }: Stage): Promise<void> {
  return cluster.whole([config.topics.posts, config.topics.scored, config.topics.deadLetters]);
}

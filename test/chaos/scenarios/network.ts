import { setTimeout as wait } from 'node:timers/promises';
import type { Weather } from '../proxy.js';
import type { Scenario } from '../scenario.js';

const PROMISE = 'the worker goes on when the network is back; nothing lost or doubled';

function weather(name: string, fault: string, bad: Weather, millis: number): Scenario {
  return {
    name,
    promise: PROMISE,
    fault,
    seconds: millis / 1_000 + 15,
    async strike({ cluster, recovers }) {
      await recovers();
      for (const proxy of cluster.brokerProxies) proxy.setWeather(bad);
      await wait(millis);
      for (const proxy of cluster.brokerProxies) proxy.setWeather({ kind: 'fair' });
      await recovers();
    },
  };
}

export const network: readonly Scenario[] = [
  weather('network-cut-10s', 'network between worker and brokers cut for 10 s', { kind: 'cut' }, 10_000),
  weather('network-cut-60s', 'network between worker and brokers cut for 60 s', { kind: 'cut' }, 60_000),
  weather(
    'network-slow',
    'every answer of a broker comes 500 ms later, for 30 s',
    { kind: 'slow', millis: 500 },
    30_000,
  ),
];

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { openWindowStore } from '../../src/aggregation/open-store.js';
import type { WindowStore } from '../../src/aggregation/store.js';
import { configSchema } from '../../src/config/schema.js';
import type { Clock } from '../../src/contracts/clock.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { redisUrl } from '../support/services.js';

/** The adapters that every test of the port runs on. */
export const STORE_KINDS = redisUrl === undefined ? (['memory'] as const) : (['memory', 'redis'] as const);
export type StoreKind = (typeof STORE_KINDS)[number];

export const PARTITIONS = 2;

export const defaults = configSchema.parse({}).aggregation;

/** The configuration of a store with a namespace of its own, whose keys go when the test ends. */
export function storeConfig(kind: StoreKind, aggregation: Partial<typeof defaults> = {}) {
  const namespace = `test-${randomUUID()}`;
  if (kind === 'redis') {
    onTestFinished(async () => {
      const client = redisClient();
      const keys = await client.keys(`sf:*${namespace}*`);
      if (keys.length > 0) await client.del(keys);
      await client.quit();
    });
  }
  const config = configSchema.parse({
    aggregation: { ...aggregation, store: kind, namespace },
    redis: { url: redisUrl ?? 'redis://127.0.0.1:1' },
  });
  return config;
}

/** A store that is empty, and closed when the test ends. */
export async function openStore(
  kind: StoreKind,
  clock: Clock,
  config = storeConfig(kind),
): Promise<WindowStore> {
  const store = await openWindowStore({ config, partitionCount: PARTITIONS, clock, logger: silentLogger });
  onTestFinished(() => store.close());
  return store;
}

export function redisClient(): Redis {
  return new Redis(redisUrl ?? '', { lazyConnect: true });
}

/** A clock that stands still until it is set. */
export function manualClock(start: number): Clock & { set(now: number): void } {
  let now = epochMillis(start);
  return {
    now: () => now,
    set(to) {
      now = epochMillis(to);
    },
  };
}

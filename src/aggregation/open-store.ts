import { randomUUID } from 'node:crypto';
import type { Config } from '../config/schema.js';
import type { Clock } from '../contracts/clock.js';
import type { Logger } from '../contracts/logger.js';
import type { WindowStore } from './store.js';
import { createMemoryStore } from './stores/memory.js';

export interface OpenStoreOptions {
  readonly config: Pick<Config, 'aggregation' | 'redis'>;
  /** Of the topic `sentiment.scored`. */
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the store that the configuration names. The one in memory must be shared by all roles of the process.
 * ioredis is loaded only where it is used.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE
 */
export async function openWindowStore(options: OpenStoreOptions): Promise<WindowStore> {
  const { config, partitionCount, clock, logger } = options;
  const { aggregation } = config;
  switch (aggregation.store) {
    case 'memory':
      return createMemoryStore(partitionCount, aggregation, clock);
    case 'redis': {
      const { openRedisStore } = await import('./stores/redis/open.js');
      return openRedisStore(config.redis, aggregation, partitionCount, randomUUID(), logger);
    }
  }
}

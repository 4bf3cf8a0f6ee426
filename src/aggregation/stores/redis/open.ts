import type { AggregationConfig } from '../../../config/schema.js';
import type { Logger } from '../../../contracts/logger.js';
import type { WindowStore } from '../../store.js';
import { createClosingStore } from './closing-store.js';
import { type ConnectionConfig, connect } from './connection.js';
import { keysOf } from './keys.js';
import { createNamespaces } from './namespaces.js';
import { createPartitionStore } from './partition-store.js';
import { createWindowReader } from './window-reader.js';

/**
 * Windows in one Redis 6.2 or later, with replicas or without; Redis Cluster is not spoken.
 *
 * @param partitionCount of the topic `sentiment.scored`
 * @param closer names this process among those that may close windows
 * @throws SentifluxError SF_STORE_UNREACHABLE
 */
export async function openRedisStore(
  redis: ConnectionConfig,
  aggregation: AggregationConfig,
  partitionCount: number,
  closer: string,
  logger: Logger,
): Promise<WindowStore> {
  const connection = await connect(redis, logger);
  const keys = keysOf(aggregation.namespace);
  return {
    ...createPartitionStore(connection, keys, aggregation),
    ...createClosingStore(connection, keys, partitionCount, closer, aggregation),
    ...createWindowReader(connection, keys, partitionCount, aggregation),
    ...createNamespaces(connection, keys, partitionCount, aggregation),
    close: () => connection.close(),
  };
}

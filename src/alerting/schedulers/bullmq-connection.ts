import { Redis } from 'ioredis';
import type { Logger } from '../../contracts/logger.js';
import { connectRedis, type RedisAddress, redisFailure, redisLogin } from '../../contracts/redis-address.js';

export interface BullmqConnectionOptions extends RedisAddress {
  /** Begins every key. */
  readonly namespace: string;
  readonly logger: Logger;
}

/** A socket that says nothing for this long is half open; workers wait up to 10 s for a job. */
const SOCKET_TIMEOUT_MILLIS = 30_000;

/** Begins the keys of the queues. */
export function jobsPrefix({ namespace }: Pick<BullmqConnectionOptions, 'namespace'>): string {
  return `sf:{${namespace}:jobs}`;
}

const DELIVERIES = 'alert-delivery-';

/** Name of the queue that holds a receiver's deliveries. */
export function deliveryQueue(receiver: string): string {
  return `${DELIVERIES}${receiver}`;
}

/** Receivers that have a queue in Redis, also those that are configured no more. */
export async function receiversWithQueue(redis: Redis, prefix: string): Promise<readonly string[]> {
  const names = new Set<string>();
  const start = `${prefix}:${DELIVERIES}`;
  const end = ':meta';
  for await (const keys of redis.scanStream({ match: `${start}*${end}`, count: 1_000 })) {
    for (const key of keys) names.add(key.slice(start.length, -end.length));
  }
  return [...names].sort();
}

const FAILED = 'The jobs in Redis failed';

/** @throws SentifluxError SF_STORE_UNREACHABLE, SF_STORE_REFUSED */
export async function connectForJobs(
  options: BullmqConnectionOptions,
  maxRetriesPerRequest: number | null,
): Promise<Redis> {
  const connection = new Redis(options.url, {
    ...redisLogin(options),
    lazyConnect: true,
    maxRetriesPerRequest,
    socketTimeout: SOCKET_TIMEOUT_MILLIS,
    // After a failover the connection may still lead to what is a replica now; what it refused is sent again.
    reconnectOnError: (error) => (error.message.includes('READONLY') ? 2 : false),
  });
  connection.on('error', warningOf(options.logger));
  try {
    await connectRedis(connection);
  } catch (error) {
    connection.disconnect();
    throw redisFailure(error, options, FAILED);
  }
  return connection;
}

export function warningOf(logger: Logger): (error: Error) => void {
  return (error) =>
    logger.warn({ code: 'SF_STORE_UNREACHABLE', err: error }, 'the connection to the jobs in Redis failed');
}

/** @throws SentifluxError SF_STORE_UNREACHABLE, SF_STORE_REFUSED */
export async function reaching<Result>(
  address: Pick<RedisAddress, 'url'>,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw redisFailure(error, address, FAILED);
  }
}

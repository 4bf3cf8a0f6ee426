import { Redis } from 'ioredis';
import type { Logger } from '../../../contracts/logger.js';
import {
  connectRedis,
  type RedisAddress,
  redisFailure,
  redisLogin,
  redisPlace,
  redisRefusal,
} from '../../../contracts/redis-address.js';
import { timedRedis } from '../../../telemetry/redis.js';
import { isUnknownScript, type Script } from './script.js';

export type ConnectionConfig = RedisAddress;

/** What the stores send their commands through. Every method throws SentifluxError SF_STORE_UNREACHABLE or _REFUSED. */
export interface Connection {
  send<Reply>(command: (client: Redis) => Promise<Reply>): Promise<Reply>;
  run(
    script: Script,
    keys: readonly string[],
    args: ReadonlyArray<string | number | Buffer>,
  ): Promise<unknown>;
  close(): Promise<void>;
}

/** A socket that says nothing for this long while a reply is due is half open. */
const SOCKET_TIMEOUT_MILLIS = 10_000;

/** Replies of a Redis that cannot do its work now and may later: loading, failing over, out of memory, busy. */
const UNAVAILABLE =
  /\b(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|BUSY|NOREPLICAS|MISCONF|command not allowed when used memory)\b/;

/**
 * Connects to Redis. Commands are not sent a second time by the connection: a command without a reply fails,
 * and the aggregator reads where the store stands before it tries again. (Its scripts compare that position,
 * so a second copy would change nothing; but only the aggregator can tell what became of the first.)
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE, SF_STORE_REFUSED
 */
export async function connect(config: ConnectionConfig, logger: Logger): Promise<Connection> {
  const client = new Redis(config.url, {
    ...redisLogin(config),
    lazyConnect: true,
    socketTimeout: SOCKET_TIMEOUT_MILLIS,
    autoResendUnfulfilledCommands: false,
    // Fails what waits for a reply as soon as the connection closes. With any greater number ioredis leaves
    // those commands pending for ever, once it connects again and may not resend them.
    maxRetriesPerRequest: 0,
    // After a failover the connection may still lead to what is a replica now.
    reconnectOnError: (error) => (error.message.includes('READONLY') ? 1 : false),
  });
  client.on('error', (error: Error) => logger.warn({ err: error }, 'the connection to Redis failed'));
  const failure = (error: unknown) =>
    redisFailure(error, config, `Redis at ${redisPlace(config)} does not serve`);

  /** @param operation for the metrics: the name of a script */
  async function send<Reply>(
    command: (client: Redis) => Promise<Reply>,
    operation = 'command',
  ): Promise<Reply> {
    try {
      return await timedRedis(operation, () => command(client));
    } catch (error) {
      throw isUnavailable(error) ? failure(error) : (redisRefusal(error, config) ?? error);
    }
  }

  try {
    await connectRedis(client);
  } catch (error) {
    client.disconnect();
    throw failure(error);
  }
  return {
    send: (command) => send(command),
    run: (script, keys, args) =>
      send(async () => {
        try {
          return await client.evalsha(script.sha1, keys.length, ...keys, ...args);
        } catch (error) {
          // A restart, a failover or SCRIPT FLUSH has emptied the server's cache; this fills it again.
          if (!isUnknownScript(error)) throw error;
          return await client.eval(script.text, keys.length, ...keys, ...args);
        }
      }, script.name),
    async close() {
      // A server that does not answer must not keep the worker from ending.
      await client.quit().catch(() => client.disconnect());
    },
  };
}

/** What is no reply of the server is a failure of the way to it. */
function isUnavailable(error: unknown): boolean {
  return !(error instanceof Error && error.name === 'ReplyError') || UNAVAILABLE.test(error.message);
}

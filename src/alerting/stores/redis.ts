import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { type Alert, alertKey, alertSchema } from '../../contracts/alert.js';
import type { Logger } from '../../contracts/logger.js';
import { connectRedis, type RedisAddress, redisFailure, redisLogin } from '../../contracts/redis-address.js';
import { type Silence, silenceSchema } from '../../contracts/silence.js';
import { timedRedis } from '../../telemetry/redis.js';
import {
  ALERT_RETENTION_MILLIS,
  type AlertStore,
  ENDED_SILENCE_MILLIS,
  type RuleKey,
  type StateCommit,
  type StoredState,
} from '../alert-store.js';
import { ruleStateSchema } from '../state.js';

export interface RedisAlertStoreOptions extends RedisAddress {
  /** Begins every key. */
  readonly namespace: string;
  readonly logger: Logger;
}

/** How many alerts are read at once while looking for those that a query asks for. */
const PAGE = 100;
/** A socket that says nothing for this long while a reply is due is half open. */
const SOCKET_TIMEOUT_MILLIS = 10_000;

const script = (name: string) => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');
const scripts = {
  commitAlertState: { numberOfKeys: 3, lua: script('commit-3') },
  acknowledgeAlert: { numberOfKeys: 1, lua: script('acknowledge-1') },
  addSilence: { numberOfKeys: 2, lua: script('add-silence-1') },
  endSilence: { numberOfKeys: 2, lua: script('end-silence-1') },
};
type ScriptedRedis = Redis & Record<keyof typeof scripts, (...args: (string | number)[]) => Promise<unknown>>;

/**
 * States, alerts and silences in Redis, for several processes. All keys are in one hash slot, since a commit writes the
 * state and the alert together. Nothing is sent again after a lost connection: a commit that arrived twice
 * would look like another process'.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE or SF_STORE_REFUSED, as every operation does
 */
export async function openRedisAlertStore(options: RedisAlertStoreOptions): Promise<AlertStore> {
  const prefix = `sf:{${options.namespace}:alerts}:`;
  const stateKey = (key: RuleKey) => `${prefix}state:${alertKey(key)}`;
  const alertHash = (id: string) => `${prefix}alert:${id}`;
  const index = `${prefix}by-time`;
  const silenceHash = (id: string) => `${prefix}silence:${id}`;
  const silencesByEnd = `${prefix}silences`;
  /** Gone with everything else when the data is lost. */
  const marker = `${prefix}knows-past`;

  // ioredis adds a method for each script, which its types cannot know.
  const redis = new Redis(options.url, {
    ...redisLogin(options),
    scripts,
    lazyConnect: true,
    socketTimeout: SOCKET_TIMEOUT_MILLIS,
    autoResendUnfulfilledCommands: false,
    // With any greater number ioredis leaves a command pending for ever whose connection closed before its reply.
    maxRetriesPerRequest: 0,
    // After a failover the connection may still lead to what is a replica now.
    reconnectOnError: (error) => (error.message.includes('READONLY') ? 1 : false),
  }) as ScriptedRedis;
  redis.on('error', (error: Error) =>
    options.logger.warn(
      { code: 'SF_STORE_UNREACHABLE', err: error },
      'the connection to the store of the alerts failed',
    ),
  );

  const reaching = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await timedRedis('alerts', () => work);
    } catch (error) {
      throw redisFailure(error, options, 'The store of the alerts failed');
    }
  };

  async function alertsOf(ids: readonly string[]): Promise<readonly (Alert | undefined)[]> {
    const hashes = ids.map((id) => redis.hmget(alertHash(id), 'alert', 'acknowledgement'));
    return (await reaching(Promise.all(hashes))).map(toAlert);
  }

  async function addIfMissing({ acknowledgement, ...alert }: Alert): Promise<void> {
    const hash = alertHash(alert.id);
    await redis.hsetnx(hash, 'alert', JSON.stringify(alert));
    if (acknowledgement !== undefined)
      await redis.hsetnx(hash, 'acknowledgement', JSON.stringify(acknowledgement));
    await redis.pexpire(hash, ALERT_RETENTION_MILLIS);
    await redis.zadd(index, 'NX', alert.firedAt, alert.id);
    await redis.pexpire(index, ALERT_RETENTION_MILLIS);
  }

  try {
    await reaching(connectRedis(redis));
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const store: AlertStore = {
    async states(keys) {
      const hashes = keys.map((key) => redis.hmget(stateKey(key), 'revision', 'state'));
      return (await reaching(Promise.all(hashes))).map(toState);
    },

    async commit({ key, expected, state, alert }: StateCommit) {
      const committed = await reaching(
        redis.commitAlertState(
          stateKey(key),
          index,
          alertHash(alert?.id ?? ''),
          expected,
          JSON.stringify(state),
          ALERT_RETENTION_MILLIS,
          alert?.id ?? '',
          alert === undefined ? '' : JSON.stringify(alert),
          alert?.firedAt ?? 0,
        ),
      );
      return committed === 1;
    },

    async list({ brand, state, from = '-inf', to, limit }) {
      const before = to === undefined ? '+inf' : `(${to}`;
      const found: Alert[] = [];
      for (let start = 0; found.length < limit; start += PAGE) {
        const ids = await reaching(redis.zrevrangebyscore(index, before, from, 'LIMIT', start, PAGE));
        for (const alert of await alertsOf(ids)) {
          if (alert === undefined) continue;
          if (brand !== undefined && alert.brand !== brand) continue;
          if (state !== undefined && alert.state !== state) continue;
          found.push(alert);
        }
        if (ids.length < PAGE) break;
      }
      return found.slice(0, limit);
    },

    async get(id) {
      const [alert] = await alertsOf([id]);
      return alert;
    },

    async acknowledge(id, by, at) {
      const known = await reaching(redis.acknowledgeAlert(alertHash(id), JSON.stringify({ by, at })));
      return known === 1 ? store.get(id) : undefined;
    },

    async silences(after) {
      const ids = await reaching(redis.zrangebyscore(silencesByEnd, `(${after}`, '+inf'));
      const hashes = ids.map((id) => redis.hmget(silenceHash(id), 'silence', 'to'));
      return (await reaching(Promise.all(hashes))).flatMap((fields) => toSilence(fields) ?? []);
    },

    async addSilence(silence) {
      await reaching(
        redis.addSilence(
          silenceHash(silence.id),
          silencesByEnd,
          JSON.stringify(silence),
          silence.to,
          Math.max(0, silence.to - silence.createdAt) + ENDED_SILENCE_MILLIS,
          silence.id,
          silence.createdAt - ENDED_SILENCE_MILLIS,
        ),
      );
    },

    async endSilence(id, at) {
      const known = await reaching(
        redis.endSilence(silenceHash(id), silencesByEnd, at, ENDED_SILENCE_MILLIS, id),
      );
      if (known !== 1) return undefined;
      return toSilence(await reaching(redis.hmget(silenceHash(id), 'silence', 'to')));
    },

    knowsPast: async () => (await reaching(redis.exists(marker))) === 1,

    async restore({ alerts, states, silences }) {
      for (const alert of alerts) await reaching(addIfMissing(alert));
      const stored = await store.states(states.map(({ key }) => key));
      // One that another process has changed meanwhile is at least as new.
      await Promise.all(
        states.map(({ key, state }, i) => store.commit({ key, expected: stored[i]?.revision ?? 0, state })),
      );
      for (const silence of silences) await store.addSilence(silence);
      await reaching(redis.set(marker, 1, 'PX', ALERT_RETENTION_MILLIS));
    },

    async close() {
      // A server that does not answer must not keep the worker from ending.
      await redis.quit().catch(() => redis.disconnect());
    },
  };
  return store;
}

function toState([revision, json]: readonly (string | null)[]): StoredState | undefined {
  if (typeof revision !== 'string' || typeof json !== 'string') return undefined;
  return { state: ruleStateSchema.parse(JSON.parse(json)), revision: Number(revision) };
}

function toAlert([json, acknowledgement]: readonly (string | null)[]): Alert | undefined {
  if (typeof json !== 'string') return undefined;
  const fields: object = JSON.parse(json);
  const seen = typeof acknowledgement === 'string' ? { acknowledgement: JSON.parse(acknowledgement) } : {};
  return alertSchema.parse({ ...fields, ...seen });
}

function toSilence([json, to]: readonly (string | null)[]): Silence | undefined {
  if (typeof json !== 'string' || typeof to !== 'string') return undefined;
  const fields: object = JSON.parse(json);
  return silenceSchema.parse({ ...fields, to: Number(to) });
}

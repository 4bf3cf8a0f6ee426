import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ALERT_RETENTION_MILLIS,
  type AlertStore,
  ENDED_SILENCE_MILLIS,
} from '../../src/alerting/alert-store.js';
import { emptyProfile } from '../../src/alerting/detectors/profile.js';
import type { RuleState } from '../../src/alerting/state.js';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { openRedisAlertStore } from '../../src/alerting/stores/redis.js';
import type { Alert } from '../../src/contracts/alert.js';
import { brandId, type EpochMillis, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { redisUrl } from '../support/services.js';
import { alertOf, silenceOf } from './alerts.js';
import { acme, feedStart, slotEnd } from './feeds.js';

const key = { brand: acme, rule: 'negative-surge' };
const quiet: RuleState = { evaluatedTo: feedStart, knownSince: feedStart, phase: { kind: 'quiet' } };

function firing(alert: Alert): RuleState {
  const phase = { kind: 'firing', alert, strongest: 2.5, calmSince: slotEnd(7) } as const;
  return { ...quiet, profile: emptyProfile(3), phase, unannounced: alert };
}

function behavesAsAlertStore(open: () => Promise<AlertStore>): void {
  let store: AlertStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  const raise = async (...alerts: readonly Alert[]) => {
    for (const alert of alerts) {
      const alertKey = { brand: alert.brand, rule: alert.id };
      expect(await store.commit({ key: alertKey, expected: 0, state: firing(alert), alert })).toBe(true);
    }
  };

  it('knows no state of a rule that was never evaluated', async () => {
    expect(await store.states([key])).toEqual([undefined]);
    expect(await store.states([])).toEqual([]);
  });

  it('gives back the states that were committed, in the order of the keys', async () => {
    const other = { brand: brandId('other'), rule: 'negative-surge' };
    const alert = alertOf();
    await store.commit({ key, expected: 0, state: quiet });
    await store.commit({ key: other, expected: 0, state: firing(alert), alert });
    await store.commit({ key, expected: 1, state: { ...quiet, evaluatedTo: slotEnd(1) } });
    expect(await store.states([other, { ...key, rule: 'x' }, key])).toEqual([
      { state: firing(alert), revision: 1 },
      undefined,
      { state: { ...quiet, evaluatedTo: slotEnd(1) }, revision: 2 },
    ]);
  });

  it('commits one of several changes that start from the same state', async () => {
    const alerts = [1, 2, 3, 4].map((slot) => alertOf({ firedAt: slotEnd(slot) }));
    const committed = await Promise.all(
      alerts.map((alert) => store.commit({ key, expected: 0, state: firing(alert), alert })),
    );
    expect(committed.filter(Boolean)).toHaveLength(1);
    const winner = alerts[committed.indexOf(true)];
    expect(await store.list({ limit: 10 })).toEqual([winner]);
    expect(await store.commit({ key, expected: 5, state: quiet })).toBe(false);
  });

  it('lists alerts newest first, by brand, by state, up to a limit', async () => {
    const first = alertOf({ firedAt: slotEnd(1) });
    const second = alertOf({ firedAt: slotEnd(2), brand: brandId('other'), state: 'resolved' });
    const third = alertOf({ firedAt: slotEnd(3) });
    await raise(second, first, third);
    expect(await store.list({ limit: 10 })).toEqual([third, second, first]);
    expect(await store.list({ limit: 10, brand: acme })).toEqual([third, first]);
    expect(await store.list({ limit: 10, state: 'resolved' })).toEqual([second]);
    expect(await store.list({ limit: 1 })).toEqual([third]);
    const [earliest, latest] = [first.firedAt, third.firedAt];
    expect(await store.list({ limit: 10, from: earliest, to: latest })).toEqual([second, first]);
    expect(await store.list({ limit: 10, from: latest })).toEqual([third]);
    expect(await store.list({ limit: 10, to: earliest })).toEqual([]);
    expect(await store.list({ limit: 0 })).toEqual([]);
  });

  it('finds what a query asks for among hundreds of others', async () => {
    const resolved = alertOf({ state: 'resolved', firedAt: slotEnd(0) });
    await raise(
      resolved,
      ...Array.from({ length: 250 }, (_, slot) => alertOf({ firedAt: slotEnd(slot + 1) })),
    );
    expect(await store.list({ limit: 10, state: 'resolved' })).toEqual([resolved]);
    expect(await store.list({ limit: 1_000 })).toHaveLength(251);
  });

  it('replaces an alert that went on, and gives it by id', async () => {
    const alert = alertOf();
    const later = alertOf({ peak: 99, state: 'resolved', resolvedAt: slotEnd(9) });
    await store.commit({ key, expected: 0, state: firing(alert), alert });
    await store.commit({ key, expected: 1, state: quiet, alert: later });
    expect(await store.get(alert.id)).toEqual(later);
    expect(await store.list({ limit: 10 })).toEqual([later]);
    expect(await store.get('acme:negative-surge:0')).toBeUndefined();
  });

  it('keeps the first acknowledgement, also when the alert is resolved', async () => {
    const alert = alertOf();
    const acknowledged = { ...alert, acknowledgement: { by: 'kim', at: slotEnd(3) } };
    await store.commit({ key, expected: 0, state: firing(alert), alert });
    expect(await store.acknowledge(alert.id, 'kim', slotEnd(3))).toEqual(acknowledged);
    expect(await store.acknowledge(alert.id, 'lee', slotEnd(4))).toEqual(acknowledged);
    await store.commit({ key, expected: 1, state: quiet, alert: { ...alert, state: 'resolved' } });
    expect(await store.get(alert.id)).toEqual({ ...acknowledged, state: 'resolved' });
    expect(await store.list({ limit: 1 })).toEqual([{ ...acknowledged, state: 'resolved' }]);
  });

  it('acknowledges nothing that it does not know', async () => {
    expect(await store.acknowledge('no:such:alert', 'kim', slotEnd(3))).toBeUndefined();
    expect(await store.get('no:such:alert')).toBeUndefined();
  });

  it('knows no past before something was restored, even where that was nothing', async () => {
    expect(await store.knowsPast()).toBe(false);
    await store.restore({ alerts: [], states: [], silences: [] });
    expect(await store.knowsPast()).toBe(true);
  });

  it('takes alerts and states over, and keeps the alerts that it has', async () => {
    const [old, own] = [alertOf({ firedAt: slotEnd(1) }), alertOf({ firedAt: slotEnd(2) })];
    const seen = { ...old, acknowledgement: { by: 'kim', at: slotEnd(3) } };
    await store.commit({ key, expected: 0, state: quiet, alert: own });
    await store.restore({
      alerts: [seen, { ...own, peak: 1 }],
      states: [{ key, state: firing(own) }],
      silences: [],
    });
    expect(await store.list({ limit: 10 })).toEqual([own, seen]);
    expect(await store.get(old.id)).toEqual(seen);
    expect(await store.states([key])).toEqual([{ state: firing(own), revision: 2 }]);
  });

  it('has silences until they have ended, the first to end first', async () => {
    const [long, short] = [silenceOf({ id: 'long', to: slotEnd(90) }), silenceOf({ id: 'short' })];
    await store.addSilence(long);
    await store.addSilence(short);
    expect(await store.silences(slotEnd(10))).toEqual([short, long]);
    expect(await store.silences(epochMillis(short.to - 1))).toEqual([short, long]);
    expect(await store.silences(short.to)).toEqual([long]);
    expect(await store.silences(long.to)).toEqual([]);
  });

  it('leaves a silence that it knows as it is', async () => {
    await store.addSilence(silenceOf());
    await store.endSilence(silenceOf().id, slotEnd(20));
    await store.addSilence(silenceOf({ reason: 'another' }));
    expect(await store.silences(epochMillis(0))).toEqual([silenceOf({ to: slotEnd(20) })]);
  });

  it('ends a silence once, before it would have ended or begun', async () => {
    await store.addSilence(silenceOf());
    const { id } = silenceOf();
    expect(await store.endSilence(id, slotEnd(30))).toEqual(silenceOf({ to: slotEnd(30) }));
    expect(await store.endSilence(id, slotEnd(31))).toEqual(silenceOf({ to: slotEnd(30) }));
    expect(await store.silences(slotEnd(30))).toEqual([]);
    expect(await store.silences(slotEnd(29))).toHaveLength(1);

    const coming = silenceOf({ id: 'coming', from: slotEnd(80), to: slotEnd(90) });
    await store.addSilence(coming);
    expect(await store.endSilence('coming', slotEnd(20))).toEqual({ ...coming, to: slotEnd(20) });
    expect(await store.endSilence('none', slotEnd(20))).toBeUndefined();
  });

  it('takes silences over, and keeps those that it has as they are', async () => {
    const [own, other] = [silenceOf(), silenceOf({ id: 'other', brand: acme, rule: 'negative-surge' })];
    await store.addSilence(own);
    await store.endSilence(own.id, slotEnd(20));
    const past = { alerts: [], states: [], silences: [own, other] };
    await store.restore(past);
    await store.restore(past);
    expect(await store.silences(epochMillis(0))).toEqual([{ ...own, to: slotEnd(20) }, other]);
  });

  it('forgets silences that ended long before the newest was made', async () => {
    const old = silenceOf();
    await store.addSilence(old);
    const later = epochMillis(old.to + ENDED_SILENCE_MILLIS + 1);
    const fresh = silenceOf({ id: 'fresh', createdAt: later, from: later, to: epochMillis(later + 1) });
    await store.addSilence(fresh);
    expect(await store.silences(epochMillis(0))).toEqual([fresh]);
  });

  it('forgets alerts that are older than the retention', async () => {
    const after = (millis: number): EpochMillis => epochMillis(slotEnd(0) + ALERT_RETENTION_MILLIS + millis);
    const old = alertOf({ firedAt: slotEnd(0) });
    const fresh = alertOf({ firedAt: after(1) });
    await raise(old, fresh);
    expect(await store.list({ limit: 10 })).toEqual([fresh]);
  });
}

describe('the store in memory', () => behavesAsAlertStore(async () => createMemoryAlertStore()));

describe.skipIf(redisUrl === undefined)('the store in Redis', () => {
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const url = redisUrl ?? '';
  const open = () => openRedisAlertStore({ url, connectTimeoutMs: 1_000, namespace, logger: silentLogger });
  const redis = new Redis(url, { lazyConnect: true });
  const keys = () => redis.keys(`sf:{${namespace}:alerts}:*`);

  afterEach(async () => {
    const left = await keys();
    if (left.length > 0) await redis.del(left);
  });

  afterAll(() => redis.disconnect());

  behavesAsAlertStore(open);

  it('writes no key that would stay for ever', async () => {
    const store = await open();
    const alert = alertOf();
    await store.commit({ key, expected: 0, state: firing(alert), alert });
    await store.acknowledge(alert.id, 'kim', slotEnd(3));
    const written = await keys();
    expect(written).toHaveLength(3);
    for (const name of written) {
      const left = await redis.pttl(name);
      expect(left).toBeGreaterThan(ALERT_RETENTION_MILLIS - 60_000);
    }
    await store.close();
  });

  it('keeps a silence until it has ended and a day more, and no longer', async () => {
    const store = await open();
    const silence = silenceOf();
    const lasts = silence.to - silence.createdAt;
    await store.addSilence(silence);
    for (const name of await keys()) {
      expect(await redis.pttl(name)).toBeGreaterThan(lasts + ENDED_SILENCE_MILLIS - 60_000);
      expect(await redis.pttl(name)).toBeLessThanOrEqual(lasts + ENDED_SILENCE_MILLIS);
    }
    await store.endSilence(silence.id, slotEnd(20));
    const own = (await keys()).filter((name) => name.includes(silence.id));
    expect(own).toHaveLength(1);
    expect(await redis.pttl(own[0] ?? '')).toBeLessThanOrEqual(ENDED_SILENCE_MILLIS);
    await store.close();
  });

  it('passes over a silence whose key is gone', async () => {
    const store = await open();
    await store.addSilence(silenceOf());
    await redis.del((await keys()).filter((name) => name.includes(silenceOf().id)));
    expect(await store.silences(epochMillis(0))).toEqual([]);
    expect(await store.endSilence(silenceOf().id, slotEnd(20))).toBeUndefined();
    await store.close();
  });

  it('goes on when the server has forgotten its scripts', async () => {
    const store = await open();
    await store.commit({ key, expected: 0, state: quiet });
    await redis.script('FLUSH');
    expect(await store.commit({ key, expected: 1, state: quiet })).toBe(true);
    await store.close();
  });

  it('says where it cannot be reached', async () => {
    const nowhere = { connectTimeoutMs: 500, namespace, logger: silentLogger };
    await expect(openRedisAlertStore({ ...nowhere, url: 'redis://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'SF_STORE_UNREACHABLE',
    });
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import type { AlertStore } from '../../src/alerting/alert-store.js';
import { createMemoryJobs } from '../../src/alerting/schedulers/memory.js';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { openRedisAlertStore } from '../../src/alerting/stores/redis.js';
import { configSchema } from '../../src/config/schema.js';
import type { Alert } from '../../src/contracts/alert.js';
import type { EpochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { type Silence, silenceSchema } from '../../src/contracts/silence.js';
import type { Rebuilding, WindowReader } from '../../src/contracts/window-reader.js';
import { alertRecord, silenceRecord, startAlerting } from '../../src/pipelines/alerting.js';
import { startServing } from '../../src/pipelines/serving.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { alertOf, silenceOf } from '../alerting/alerts.js';
import { acme, feed, ScriptedReader, slotEnd } from '../alerting/feeds.js';
import { createFeed, createScorer, windowsOf } from '../api/support/fakes.js';
import { send } from '../streams/reader.js';
import { canStartRedis, ownRedis } from '../support/own-redis.js';

const config = configSchema.parse({
  streams: { kind: 'memory' },
  topics: { partitions: 1 },
  alerting: { scheduler: 'memory', evaluateEveryMs: 10 },
  api: { port: 0 },
});

const RULE = { brand: acme, rule: 'negative-surge' };

/** Two negative posts in each window of a day but for six windows of thirty. */
const counts = Array.from({ length: 288 }, (_, slot) => (slot >= 150 && slot < 156 ? 30 : 2));

const recordOf = (value: Alert | Silence): OutputRecord =>
  'kind' in value ? silenceRecord(value, config.topics.alerts) : alertRecord(value, config.topics.alerts);

/** The role with an empty store, windows up to a slot, and a topic that holds alerts. */
async function start(
  reachedSlot: number,
  known: readonly OutputRecord[],
  rebuilding?: Rebuilding,
  store: AlertStore = createMemoryAlertStore(),
) {
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(config.topics));
  await send(streams, known);
  const reader = new ScriptedReader(feed(counts));
  reader.reached = slotEnd(reachedSlot);
  let left = rebuilding;
  const windows: WindowReader = {
    ...windowsOf([]),
    windows: (query) => reader.windows(query),
    watermark: () => reader.watermark(),
    rebuilding: async () => left,
  };
  const jobs = createMemoryJobs({ ...config.alerting, logger: silentLogger });
  const brands = [{ id: acme, name: 'Acme', handles: [], hashtags: [], keywords: [], exclude: [] }];
  const role = await startAlerting({
    config,
    brands: { current: brands },
    streams,
    windows,
    store,
    jobs,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await role.stop();
    await streams.close();
  });
  return {
    store,
    role,
    streams,
    reach(slot: number) {
      reader.reached = slotEnd(slot);
    },
    async published() {
      const [range] = (await streams.ranges(config.topics.alerts)).values();
      return (range?.end ?? 0) - known.length;
    },
    endRebuild() {
      left = undefined;
    },
  };
}

describe('the role alert with a store that knows nothing', () => {
  it('has the alerts of its topic again, with who has seen them', async () => {
    const old = alertOf({ firedAt: slotEnd(5), state: 'resolved', resolvedAt: slotEnd(9) });
    const seen = { ...old, acknowledgement: { by: 'kim', at: slotEnd(7) } };
    const { store } = await start(120, [old, seen].map(recordOf));
    await expect.poll(() => store.list({ limit: 10 })).toEqual([seen]);
  });

  it('has the silences of its topic again, as they were last, and obeys them at once', async () => {
    const lasting = silenceOf({ id: 'lasting', from: slotEnd(140), to: slotEnd(200) });
    const ended = silenceOf({ id: 'ended', from: slotEnd(140), to: slotEnd(200), rule: 'another' });
    const long = silenceOf({ id: 'long ago', from: slotEnd(-900), to: slotEnd(-800) });
    const values = [long, lasting, ended, { ...ended, to: slotEnd(145) }];
    const { store } = await start(153, values.map(recordOf));
    await expect.poll(() => store.states([RULE])).toMatchObject([{ state: { evaluatedTo: slotEnd(153) } }]);
    expect(await store.silences(slotEnd(-1_000))).toEqual([{ ...ended, to: slotEnd(145) }, lasting]);
    expect(await store.list({ limit: 10 })).toEqual([]);
  });

  it('evaluates nothing while windows are read again, and says so', async () => {
    const rebuilding = { partitions: 2, records: 1_000 };
    const { store, role, published, endRebuild } = await start(152, [], rebuilding);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await published()).toBe(0);
    expect(await role.readiness()).toMatchObject({ ready: true, detail: 'held while windows are rebuilt' });
    endRebuild();
    await expect.poll(() => store.list({ limit: 10 })).toMatchObject([{ state: 'firing' }]);
  });
});

/** The role api beside it, at a time by its clock. */
async function serve(streams: Streams, alerts: AlertStore, clock: { now: () => EpochMillis }) {
  const role = await startServing({
    config,
    streams,
    brands: { current: [] },
    windows: { ...windowsOf([]), namespace: async () => undefined },
    alerts,
    feed: createFeed(),
    scorer: createScorer(),
    readiness: async () => [],
    version: '1.2.3',
    clock,
    logger: silentLogger,
  });
  onTestFinished(() => role.stop());
  return role.address;
}

describe.skipIf(!canStartRedis)('a silence that was asked for through the API', () => {
  it('outlives Redis, keeps the role alert quiet, and can still be ended', async () => {
    const redis = await ownRedis();
    const open = () =>
      openRedisAlertStore({
        url: redis.url,
        connectTimeoutMs: 1_000,
        namespace: 'test',
        logger: silentLogger,
      });
    const [ofApi, ofRole] = [await open(), await open()];
    onTestFinished(async () => void (await Promise.all([ofApi.close(), ofRole.close()])));
    const { store, streams, reach } = await start(140, [], undefined, ofRole);
    let now = slotEnd(140);
    const address = await serve(streams, ofApi, { now: () => now });
    await expect.poll(() => store.knowsPast()).toBe(true);

    const answer = await fetch(`${address}/v1/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: slotEnd(200), rule: 'negative-surge', reason: 'product launch' }),
    });
    expect(answer.status).toBe(201);
    const { id } = silenceSchema.parse(await answer.json());
    await redis.client().flushall();
    reach(153);
    await expect.poll(() => store.states([RULE])).toMatchObject([{ state: { evaluatedTo: slotEnd(153) } }]);
    expect(await store.list({ limit: 10 })).toEqual([]);
    expect(await ofApi.silences(now)).toMatchObject([{ id, from: slotEnd(140), to: slotEnd(200) }]);

    now = slotEnd(153);
    expect((await fetch(`${address}/v1/silences/${id}`, { method: 'DELETE' })).status).toBe(200);
    reach(154);
    await expect.poll(() => store.list({ limit: 10 })).toMatchObject([{ firedAt: slotEnd(154) }]);
    expect(await ofApi.silences(now)).toEqual([]);
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryJobs } from '../../src/alerting/schedulers/memory.js';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { configSchema } from '../../src/config/schema.js';
import type { Alert } from '../../src/contracts/alert.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { Rebuilding, WindowReader } from '../../src/contracts/window-reader.js';
import { alertRecord, startAlerting } from '../../src/pipelines/alerting.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import { alertOf } from '../alerting/alerts.js';
import { acme, feed, ScriptedReader, slotEnd } from '../alerting/feeds.js';
import { windowsOf } from '../api/support/fakes.js';
import { send } from '../streams/reader.js';

const config = configSchema.parse({
  streams: { kind: 'memory' },
  topics: { partitions: 1 },
  alerting: { scheduler: 'memory', evaluateEveryMs: 10 },
});

/** Two negative posts in each window of a day but for six windows of thirty. */
const counts = Array.from({ length: 288 }, (_, slot) => (slot >= 150 && slot < 156 ? 30 : 2));

/** The role with an empty store, windows up to a slot, and a topic that holds alerts. */
async function start(reachedSlot: number, known: readonly Alert[], rebuilding?: Rebuilding) {
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(config.topics));
  await send(
    streams,
    known.map((alert) => alertRecord(alert, config.topics.alerts)),
  );
  const reader = new ScriptedReader(feed(counts));
  reader.reached = slotEnd(reachedSlot);
  let left = rebuilding;
  const windows: WindowReader = {
    ...windowsOf([]),
    windows: (query) => reader.windows(query),
    watermark: () => reader.watermark(),
    rebuilding: async () => left,
  };
  const store = createMemoryAlertStore();
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
    const { store } = await start(120, [old, seen]);
    await expect.poll(() => store.list({ limit: 10 })).toEqual([seen]);
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

import { describe, expect, it } from 'vitest';
import { createEvaluator } from '../../src/alerting/evaluate.js';
import { type AskedTrial, tryRule } from '../../src/alerting/rule-trial.js';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { configSchema } from '../../src/config/schema.js';
import type { Alert } from '../../src/contracts/alert.js';
import { epochMillis } from '../../src/contracts/ids.js';
import type { WindowQuery } from '../../src/contracts/window-reader.js';
import {
  acme,
  defaultRule,
  feed,
  feedStart,
  poisson,
  ScriptedReader,
  seededRandom,
  slotEnd,
} from './feeds.js';

const { aggregation } = configSchema.parse({});
const DAY = 288;

/** Three days with two surges; the second still lasts at the end. */
function threeDays() {
  const random = seededRandom(5);
  const isSurge = (slot: number) => (slot >= 400 && slot < 406) || slot >= 3 * DAY - 2;
  const counts = Array.from({ length: 3 * DAY }, (_, slot) => poisson(isSurge(slot) ? 25 : 2, random));
  const reader = new ScriptedReader(feed(counts));
  reader.reached = slotEnd(3 * DAY - 1);
  return reader;
}

function trial(reader: ScriptedReader, given: Partial<AskedTrial> = {}) {
  const asked = { rule: defaultRule, brand: acme, brands: 1, watermark: reader.reached ?? feedStart };
  return tryRule({ ...asked, ...given }, reader, aggregation);
}

describe('a rule that is tried out', () => {
  it('fires the alerts that it would have fired in the role, and tells how they ended', async () => {
    const reader = threeDays();
    const published: Alert[] = [];
    const evaluator = createEvaluator({
      rules: [defaultRule],
      brands: () => [acme],
      reader,
      store: createMemoryAlertStore(),
      publish: async (alert) => void published.push(alert),
      deliver: async () => {},
      lookBackMs: aggregation.retentionMs['5m'],
      retentionMs: aggregation.retentionMs,
    });
    await evaluator.evaluate();
    const { alerts, ...answer } = await trial(reader);
    expect(published.map(({ state }) => state)).toEqual(['firing', 'resolved', 'firing']);
    expect(alerts.slice(0, 1)).toEqual(published.slice(1, 2));
    expect(alerts.map(({ id, state }) => [id, state])).toEqual([
      [published[0]?.id, 'resolved'],
      [published[2]?.id, 'firing'],
    ]);
    expect(answer).toMatchObject({ knownSince: feedStart, to: slotEnd(3 * DAY - 1), windows: 3 * DAY });
  });

  it('tells of the time that is asked for, and has learned from what was before', async () => {
    const reader = threeDays();
    const asked = { from: slotEnd(390), to: slotEnd(500) };
    const { alerts, ...answer } = await trial(reader, asked);
    expect(answer).toEqual({ ...asked, knownSince: feedStart, windows: 110 });
    expect(alerts).toMatchObject([{ state: 'resolved', brand: acme, rule: 'negative-surge' }]);
    expect((await trial(reader, { from: slotEnd(500), to: slotEnd(600) })).alerts).toEqual([]);
  });

  it('looks at no window that is not closed', async () => {
    const reader = threeDays();
    const { to, windows } = await trial(reader, { to: epochMillis(slotEnd(4 * DAY) + 1) });
    expect([to, windows]).toEqual([slotEnd(3 * DAY - 1), 3 * DAY]);
  });

  it('fires less where it is told to be less sensitive', async () => {
    const random = seededRandom(11);
    const reader = new ScriptedReader(
      feed(Array.from({ length: 600 }, (_, slot) => poisson(slot % 150 === 149 ? 11 : 2, random))),
    );
    reader.reached = slotEnd(599);
    const fired = async (sensitivity: 'low' | 'high') =>
      (await trial(reader, { rule: { ...defaultRule, sensitivity } })).alerts.length;
    expect(await fired('low')).toBeLessThan(await fired('high'));
  });

  it('says nothing where no window is kept', async () => {
    const reader = new ScriptedReader([]);
    const to = slotEnd(0);
    expect(await trial(reader, { watermark: to, from: to })).toEqual({
      from: to,
      to,
      windows: 0,
      alerts: [],
    });
  });

  it('reads and tests 5,000 windows at most, however long they are kept, a part at a time', async () => {
    const asked: WindowQuery[] = [];
    const reader = {
      windows: async (query: WindowQuery) => {
        asked.push(query);
        return [];
      },
    };
    const watermark = slotEnd(1_000_000);
    const forever = { retentionMs: { ...aggregation.retentionMs, '5m': 1e13 } };
    await tryRule({ rule: defaultRule, brand: acme, brands: 1, watermark }, reader, forever);
    expect(asked[0]?.from).toBe(watermark - 5_000 * 300_000);
    expect(asked.at(-1)?.to).toBe(watermark);
    expect(Math.max(...asked.map(({ from, to }) => to - from))).toBeLessThanOrEqual(128 * 300_000);
  });

  it('gives everything else its turn between two windows', async () => {
    const reader = threeDays();
    let turns = 0;
    let running = true;
    const other = (): void => {
      turns += 1;
      if (running) setImmediate(other);
    };
    setImmediate(other);
    const { windows } = await trial(reader);
    running = false;
    expect(turns).toBeGreaterThanOrEqual(windows);
  });
});

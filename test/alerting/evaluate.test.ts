import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertStore } from '../../src/alerting/alert-store.js';
import { createEvaluator, type EvaluatorOptions } from '../../src/alerting/evaluate.js';
import { pastOf } from '../../src/alerting/past.js';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { configSchema } from '../../src/config/schema.js';
import { type Alert, alertSchema } from '../../src/contracts/alert.js';
import { ALL_BRANDS, brandId, epochMillis } from '../../src/contracts/ids.js';
import { silenceOf } from './alerts.js';
import {
  acme,
  defaultRule,
  feed,
  poisson,
  ScriptedReader,
  seededRandom,
  slotEnd,
  windowAt,
} from './feeds.js';

const { alerting, aggregation } = configSchema.parse({});

/** A day at 12 negative posts an hour, with one surge of half an hour in which they come at ten times that rate. */
function dayWithSurge(seed = 1): readonly number[] {
  const random = seededRandom(seed);
  return Array.from({ length: 288 }, (_, slot) => poisson(slot >= 150 && slot < 156 ? 15 : 1, random));
}

function setUp(reader: ScriptedReader, given: Partial<EvaluatorOptions> = {}) {
  const store: AlertStore = createMemoryAlertStore();
  const published: Alert[] = [];
  const delivered: Alert[] = [];
  const evaluator = createEvaluator({
    rules: alerting.rules,
    brands: () => [acme],
    reader,
    store,
    publish: async (alert) => void published.push(alert),
    deliver: async (alert) => void delivered.push(alert),
    lookBackMs: alerting.lookBackMs,
    retentionMs: aggregation.retentionMs,
    ...given,
  });
  return { store, published, delivered, evaluator };
}

/** What is announced when the watermark stands at the end of each of these slots for one evaluation. */
async function announcedAt(slots: readonly number[], counts: readonly number[]): Promise<readonly Alert[]> {
  const reader = new ScriptedReader(feed(counts));
  const { evaluator, published } = setUp(reader);
  for (const slot of slots) {
    reader.reached = slotEnd(slot);
    await evaluator.evaluate();
  }
  return published;
}

describe('evaluating', () => {
  it('raises one alert for a surge and resolves it, published and handed to the deliveries', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator, store, published, delivered } = setUp(reader);
    reader.reached = slotEnd(287);
    const { windows, changes } = await evaluator.evaluate();

    expect(windows).toBe(288);
    expect(changes.map(({ state }) => state)).toEqual(['firing', 'resolved']);
    expect(published).toEqual(changes);
    expect(delivered).toEqual(changes);
    const [firing, resolved] = changes;
    expect(firing?.firedAt).toBeGreaterThan(slotEnd(149));
    expect(firing?.firedAt).toBeLessThanOrEqual(slotEnd(152));
    expect(resolved?.peak).toBeGreaterThanOrEqual(firing?.observed ?? Number.NaN);
    expect(await store.list({ limit: 10 })).toEqual([resolved]);
  });

  it('gives the same alerts however the windows are grouped into evaluations', async () => {
    const counts = dayWithSurge(7);
    const everyWindow = await announcedAt([...counts.keys()], counts);
    expect(everyWindow).toHaveLength(2);
    const groups = fc.uniqueArray(fc.integer({ min: 0, max: 286 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(groups, async (slots) => {
        const at = [...slots].sort((a, b) => a - b);
        expect(await announcedAt([...at, 287], counts)).toEqual(everyWindow);
      }),
      { numRuns: 20 },
    );
  });

  it('goes on where it stood when the store is lost at any time and restored from what was published', async () => {
    const counts = dayWithSurge(7);
    const undisturbed = await announcedAt([...counts.keys()], counts);
    const { rules } = alerting;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: 280 }), async (lostAt) => {
        const reader = new ScriptedReader(feed(counts));
        const before = setUp(reader);
        for (let slot = 0; slot <= lostAt; slot += 1) {
          reader.reached = slotEnd(slot);
          await before.evaluator.evaluate();
        }
        const after = setUp(reader);
        await after.store.restore(pastOf(before.published, rules, slotEnd(lostAt)));
        for (let slot = lostAt; slot < counts.length; slot += 1) {
          reader.reached = slotEnd(slot);
          await after.evaluator.evaluate();
        }
        const announced = [...before.published, ...after.published];
        const changes = new Map(announced.map((alert) => [`${alert.id} ${alert.state}`, alert]));
        expect([...changes.values()]).toEqual(undisturbed);
        // What may not have been delivered is announced again, and nothing else.
        expect(announced.length).toBeLessThanOrEqual(undisturbed.length + 1);
        expect(await after.store.list({ limit: 10 })).toEqual(undisturbed.slice(1));
      }),
      { numRuns: 25 },
    );
  });

  it('does nothing before the first watermark, nor twice for the same one', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator } = setUp(reader);
    expect(await evaluator.evaluate()).toEqual({ windows: 0, changes: [], firing: [] });
    reader.reached = slotEnd(287);
    await evaluator.evaluate();
    expect(await evaluator.evaluate()).toEqual({ windows: 0, changes: [], firing: [] });
  });

  it('tells which rules fire, from an alert to its resolution', async () => {
    const counts = dayWithSurge();
    const reader = new ScriptedReader(feed(counts));
    const { evaluator, published } = setUp(reader);
    for (const slot of counts.keys()) {
      reader.reached = slotEnd(slot);
      const { firing } = await evaluator.evaluate();
      const last = published.at(-1);
      expect(firing).toEqual(last?.state === 'firing' ? [last.rule] : []);
    }
    expect(published.map(({ state }) => state)).toEqual(['firing', 'resolved']);
  });

  it('does not take windows beyond the watermark for empty ones', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator, published } = setUp(reader);
    reader.reached = epochMillis(slotEnd(153) + 299_999);
    await evaluator.evaluate();
    expect(published.map(({ state }) => state)).toEqual(['firing']);
  });

  it('does not take windows that are kept no more for empty ones', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator, published, store } = setUp(reader);
    reader.reached = slotEnd(154);
    await evaluator.evaluate();

    // The alert role stands still for a month, and what came meanwhile has expired.
    const later = new ScriptedReader([]);
    later.reached = epochMillis(slotEnd(154) + 30 * 86_400_000);
    const afterwards = setUp(later, { store });
    await afterwards.evaluator.evaluate();
    expect(published.map(({ state }) => state)).toEqual(['firing']);
    expect(afterwards.published.map(({ state }) => state)).toEqual(['resolved']);
    const oldestKept = later.reached - aggregation.retentionMs['5m'];
    expect(afterwards.published[0]?.resolvedAt).toBeGreaterThan(oldestKept);
  });

  it('watches the brands that a rule names, and `_all` only where it is named', async () => {
    const other = brandId('other');
    const surge = dayWithSurge();
    const reader = new ScriptedReader([...feed(surge, other), ...feed(surge, ALL_BRANDS), ...feed(surge)]);
    reader.reached = slotEnd(287);
    const all = setUp(reader, { brands: () => [acme, other] });
    await all.evaluator.evaluate();
    expect(new Set(all.published.map(({ brand }) => brand))).toEqual(new Set([acme, other]));
    const named = setUp(reader, { rules: [{ ...defaultRule, brands: ['_all'] }] });
    await named.evaluator.evaluate();
    expect(new Set(named.published.map(({ brand }) => brand))).toEqual(new Set([ALL_BRANDS]));
  });

  it('raises nothing for a storm of near duplicates that are not negative', async () => {
    const random = seededRandom(3);
    const storm = Array.from({ length: 288 }, (_, slot) =>
      windowAt(slot, { negative: poisson(1, random), neutral: slot >= 150 && slot < 156 ? 900 : 6 }),
    );
    const reader = new ScriptedReader(storm);
    reader.reached = slotEnd(287);
    const { evaluator, published } = setUp(reader);
    await evaluator.evaluate();
    expect(published).toEqual([]);
  });

  it('says in the alert what the windows that fired it tell, and in which trace that was', async () => {
    const windows = feed(dayWithSurge()).map((window, slot) => ({
      ...window,
      negativeTerms: [{ term: slot < 150 ? 'usual' : 'refund', negative: 3, other: 0, score: 2 }],
      mostNegative: [`post-${slot}`],
      mostNegativePolarity: [-0.9],
    }));
    const reader = new ScriptedReader(windows);
    const { evaluator, published } = setUp(reader);
    reader.reached = slotEnd(287);
    await evaluator.evaluate('0af7651916cd43dd8448eb211c80319c');
    const [firing, resolved] = published;
    const slots = windows.filter(
      ({ end }) => end > (firing?.window.start ?? 0) && end <= (firing?.firedAt ?? 0),
    );
    expect(firing?.evidence.postIds).toEqual(slots.flatMap(({ mostNegative }) => mostNegative).toSorted());
    expect(firing?.evidence.terms?.[0]).toMatchObject({ term: 'refund' });
    expect(firing?.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(resolved?.evidence).toEqual(firing?.evidence);
    expect(alertSchema.parse(JSON.parse(JSON.stringify(firing)))).toEqual(firing);
  });

  it('obeys a silence from the next evaluation on, and its end', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator, published, store } = setUp(reader);
    const firesAt = async (...slots: readonly number[]) => {
      for (const slot of slots) {
        reader.reached = slotEnd(slot);
        await evaluator.evaluate();
      }
      return published.map(({ firedAt }) => firedAt);
    };
    await firesAt(148);
    await store.addSilence(silenceOf({ from: slotEnd(149), to: slotEnd(250), rule: 'negative-surge' }));
    expect(await firesAt(152, 153)).toEqual([]);
    await store.endSilence(silenceOf().id, slotEnd(153));
    expect(await firesAt(154)).toEqual([slotEnd(154)]);
  });

  it.each([
    ['another brand', { brand: brandId('other') }],
    ['another rule', { rule: 'volume' }],
    ['another time', { from: slotEnd(160) }],
    ['nothing, since it was ended before it began', { from: slotEnd(149), to: slotEnd(20) }],
  ])('fires in spite of a silence of %s', async (_what, given) => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    reader.reached = slotEnd(155);
    const { evaluator, published, store } = setUp(reader);
    await store.addSilence(silenceOf({ from: slotEnd(149), to: slotEnd(250), ...given }));
    await evaluator.evaluate();
    expect(published.map(({ state }) => state)).toEqual(['firing']);
  });

  it('begins no further back than it is told', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator, published } = setUp(reader, { lookBackMs: 3_600_000 });
    reader.reached = slotEnd(287);
    expect((await evaluator.evaluate()).windows).toBe(12);
    expect(published).toEqual([]);
  });

  it('does not keep the other brands back when one fails', async () => {
    const broken = brandId('broken');
    const reader = new ScriptedReader(feed(dayWithSurge()));
    reader.reached = slotEnd(287);
    const failing: Pick<ScriptedReader, 'windows' | 'watermark'> = {
      watermark: () => reader.watermark(),
      windows: (query) =>
        query.brand === broken ? Promise.reject(new Error('windows of broken')) : reader.windows(query),
    };
    const { evaluator, published } = setUp(reader, { reader: failing, brands: () => [broken, acme] });
    await expect(evaluator.evaluate()).rejects.toThrow('windows of broken');
    expect(published).toHaveLength(2);
  });
});

describe('announcing', () => {
  it('is made up for when publishing failed, before anything else is evaluated', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    reader.reached = slotEnd(287);
    let reachable = false;
    const published: Alert[] = [];
    const { evaluator } = setUp(reader, {
      publish: async (alert) => {
        if (!reachable) throw new Error('no broker');
        published.push(alert);
      },
    });
    await expect(evaluator.evaluate()).rejects.toThrow('no broker');
    await expect(evaluator.evaluate()).rejects.toThrow('no broker');
    reachable = true;
    await evaluator.evaluate();
    expect(published.map(({ state }) => state)).toEqual(['firing', 'resolved']);
  });

  it('carries the acknowledgement on when the alert is resolved', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator, published, store } = setUp(reader);
    reader.reached = slotEnd(153);
    await evaluator.evaluate();
    const at = epochMillis(slotEnd(153) + 5);
    await store.acknowledge(published[0]?.id ?? '', 'kim', at);
    reader.reached = slotEnd(287);
    await evaluator.evaluate();
    expect(published[1]).toMatchObject({ state: 'resolved', acknowledgement: { by: 'kim', at } });
  });

  it('comes from one of two processes that evaluate at the same time', async () => {
    const reader = new ScriptedReader(feed(dayWithSurge()));
    const { evaluator, store, published } = setUp(reader);
    const second = setUp(reader, { store, publish: async (alert) => void published.push(alert) }).evaluator;
    for (let slot = 0; slot < 288; slot += 1) {
      reader.reached = slotEnd(slot);
      await Promise.all([evaluator.evaluate(), second.evaluate()]);
    }
    expect(published.map(({ state }) => state)).toEqual(['firing', 'resolved']);
  });
});

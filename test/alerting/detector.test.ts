import { describe, expect, it } from 'vitest';
import type { Detector, DetectorInput } from '../../src/alerting/detectors/detector.js';
import { createEvaluator } from '../../src/alerting/evaluate.js';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { alertRuleSchema, configSchema } from '../../src/config/schema.js';
import { alertSchema } from '../../src/contracts/alert.js';
import { acme, feed, feedStart, ScriptedReader, slotEnd, windowAt } from './feeds.js';

const { alerting, aggregation } = configSchema.parse({});
const rule = alertRuleSchema.parse({ name: 'above-ten', minPosts: 5, keepFiringMs: 0, cooldownMs: 0 });

/** Fires at ten negative posts in a window. */
const aboveTen: Detector = {
  history: 2,
  detect({ windows }) {
    const observed = windows.at(-1)?.negative ?? 0;
    return { observed, expected: 10, strength: observed / 10 };
  },
};

function setUp(reader: ScriptedReader, detector: Detector, store = createMemoryAlertStore()) {
  return createEvaluator({
    rules: [rule],
    detectors: new Map([[rule.name, detector]]),
    brands: () => [acme],
    reader,
    store,
    publish: async () => {},
    deliver: async () => {},
    lookBackMs: alerting.lookBackMs,
    retentionMs: aggregation.retentionMs,
  });
}

async function changesOf(reader: ScriptedReader, detector: Detector) {
  return (await setUp(reader, detector).evaluate()).changes;
}

describe('a detector of one’s own', () => {
  it('decides for its rule, whose states and evidence stay as they are', async () => {
    const reader = new ScriptedReader(feed([1, 1, 1, 12, 20, 2, 1]));
    reader.reached = slotEnd(6);
    const [firing, resolved, ...more] = await changesOf(reader, aboveTen);
    expect(more).toEqual([]);
    expect(firing).toMatchObject({
      rule: 'above-ten',
      state: 'firing',
      firedAt: slotEnd(3),
      observed: 12,
      expected: 10,
      score: 0,
      evidence: { posts: 12, negativeShare: 1, bySource: { forum: 12 } },
    });
    expect(resolved).toMatchObject({ state: 'resolved', resolvedAt: slotEnd(5), peak: 20 });
    expect(alertSchema.parse(JSON.parse(JSON.stringify(firing)))).toEqual(firing);
  });

  it('sees its history and the window that has closed, empty ones too', async () => {
    const seen: DetectorInput[] = [];
    const reader = new ScriptedReader(feed([3, 0, 5, 7]));
    reader.reached = slotEnd(3);
    await changesOf(reader, {
      history: 2,
      detect(input) {
        seen.push(input);
        return undefined;
      },
    });
    expect(seen.map(({ start, windows }) => [start, windows.map(({ negative }) => negative)])).toEqual([
      [feedStart, [3, 0, 5]],
      [feedStart + 300_000, [0, 5, 7]],
    ]);
    expect(seen[0]).toMatchObject({ brand: acme, windowMillis: 300_000 });
  });

  it('is not asked about a window of which records were lost, and the rule stays as it is', async () => {
    const lost = windowAt(4, { negative: 0, neutral: 1, complete: false });
    const reader = new ScriptedReader([...feed([1, 1, 1, 12]), lost]);
    reader.reached = slotEnd(4);
    expect((await changesOf(reader, aboveTen)).map(({ state }) => state)).toEqual(['firing']);
  });

  it('fires with the least posts and authors of its rule only', async () => {
    const reader = new ScriptedReader(feed([1, 1, 1, 4]));
    reader.reached = slotEnd(3);
    const always: Detector = {
      history: 1,
      detect: () => ({ observed: 9, expected: 1, strength: 5, pValue: 0.001, deviation: 4 }),
    };
    expect(await changesOf(reader, always)).toEqual([]);
  });

  it.each([
    ['a strength that is no number', { observed: 1, expected: 1, strength: Number.NaN }],
    ['more windows than it has seen', { observed: 1, expected: 1, strength: 1, windows: 3 }],
  ])('is told of %s, and asked again the next time', async (_, finding) => {
    const reader = new ScriptedReader(feed([9, 9, 9]));
    reader.reached = slotEnd(2);
    let broken = true;
    const evaluator = setUp(reader, {
      history: 1,
      detect: () => (broken ? finding : { observed: 9, expected: 1, strength: 2 }),
    });
    await expect(evaluator.evaluate()).rejects.toThrow('the detector of the rule "above-ten" found');
    broken = false;
    expect((await evaluator.evaluate()).changes).toMatchObject([{ state: 'firing', firedAt: slotEnd(1) }]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observations } from '../../src/alerting/backtest.js';
import { ruleTestOf } from '../../src/alerting/detectors/rule-test.js';
import { rareDeviation } from '../../src/alerting/detectors/surge.js';
import { EMPTY_SLOT, type Slot } from '../../src/alerting/window-series.js';
import { type AlertRule, alertRuleSchema } from '../../src/config/schema.js';
import { acme, feedStart, poisson, seededRandom } from './feeds.js';

const DAY = 288;

function slot(negative: number, others = 0, given: Partial<Slot> = {}): Slot {
  const posts = negative + others;
  return { ...EMPTY_SLOT, posts, negative, polaritySum: -negative, byModel: { m1: posts }, ...given };
}

const rule = (given: Partial<Record<keyof AlertRule, unknown>> = {}) =>
  alertRuleSchema.parse({ name: 'negative-surge', ...given });

/** What the rule says of each slot. */
function played(slots: readonly Slot[], given = rule()) {
  const watched = { brand: acme, tier: given.tier, test: ruleTestOf(given), isSilenced: () => false };
  return observations(watched, { start: feedStart, windowMillis: 300_000, slots });
}

/** Slots after which events came, and which. */
function eventsOf(slots: readonly Slot[], given = rule()) {
  return played(slots, given).flatMap(({ event }, index) =>
    event === undefined ? [] : [[index, event.resolution ?? event.state]],
  );
}

/** Windows of a brand with that many negative and other posts an hour. */
function noise(windows: number, perHour: number, seed: number, others = perHour): readonly Slot[] {
  const random = seededRandom(seed);
  return Array.from({ length: windows }, () =>
    slot(poisson(perHour / 12, random), poisson(others / 12, random)),
  );
}

describe('a rule for the negative count', () => {
  it.each([1, 10, 100, 1_000])('says nothing of three days with %i negative posts an hour', (perHour) => {
    expect(eventsOf(noise(3 * DAY, perHour, perHour))).toEqual([]);
  });

  it.each([
    { perHour: 1_000, growth: 3, within: 1 },
    { perHour: 200, growth: 3, within: 2 },
    { perHour: 48, growth: 10, within: 1 },
    { perHour: 12, growth: 15, within: 3 },
  ])('sees $growth times $perHour an hour within $within windows', ({ perHour, growth, within }) => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const usual = noise(3 * DAY, perHour, seed);
      const surge = noise(within, growth * perHour, seed + 100);
      const [first] = eventsOf([...usual, ...surge]);
      expect(first?.[1]).toBe('firing');
      expect(first?.[0]).toBeGreaterThanOrEqual(usual.length);
    }
  });

  it('does not fire on a handful after silence', () => {
    const silence = new Array<Slot>(2 * DAY).fill(EMPTY_SLOT);
    expect(eventsOf([...silence, slot(4)])).toEqual([]);
    expect(eventsOf([...silence, slot(12)])).toEqual([[2 * DAY, 'firing']]);
  });

  it('does not fire for a growth by half, however many posts make it certain', () => {
    expect(eventsOf([...noise(3 * DAY, 60_000, 1), ...noise(3, 90_000, 2)])).toEqual([]);
  });

  it('sees a surge that builds up, since the newest hour is no baseline', () => {
    const growing = [1.4, 1.8, 2.3, 3, 4, 5].flatMap((growth, i) => noise(1, 240 * growth, i));
    expect(eventsOf([...noise(2 * DAY, 240, 1), ...growing])).toHaveLength(1);
  });

  it('knows the course of the day after some days', () => {
    const random = seededRandom(5);
    const week = Array.from({ length: 9 * DAY }, (_, index) =>
      slot(poisson(40 * (1 + 0.9 * Math.sin((2 * Math.PI * index) / DAY)), random)),
    );
    expect(eventsOf(week).filter(([index]) => Number(index) > DAY)).toEqual([]);
    const trough = Math.round(8.75 * DAY);
    const night = [...week.slice(0, trough), ...noise(2, 12 * 45, 6)];
    expect(eventsOf(night).at(-1)?.[1]).toBe('firing');
  });

  it('raises the bar for a brand that surges every day', () => {
    const random = seededRandom(8);
    const daily = noise(14 * DAY, 120, 3).map((usual, index) =>
      index % DAY === 150 ? slot(poisson(30 + 40 * random(), random)) : usual,
    );
    const fired = eventsOf(daily)
      .filter(([, kind]) => kind === 'firing')
      .map(([index]) => Math.floor(Number(index) / DAY));
    expect(fired[0]).toBeLessThan(3);
    expect(fired.filter((day) => day >= 7).length).toBeLessThanOrEqual(3);
    const incident = [...daily, ...noise(2, 120 * 40, 9)];
    expect(eventsOf(incident).at(-1)).toEqual([14 * DAY, 'firing']);
  });

  it('takes a lasting change for the usual after a day of firing', () => {
    const events = eventsOf([...noise(3 * DAY, 240, 1), ...noise(4 * DAY, 1_200, 2)]);
    expect(events.map(([, kind]) => kind)).toEqual(['firing', 're-baselined']);
    expect(Number(events[1]?.[0]) - Number(events[0]?.[0])).toBe(DAY);
  });

  it('is silent where few people write', () => {
    const usual = noise(2 * DAY, 60, 1);
    const few = Array.from({ length: 3 }, () => slot(60, 0, { authors: 2 }));
    expect(eventsOf([...usual, ...few])).toEqual([]);
    expect(eventsOf([...usual, ...few.map((window) => ({ ...window, authors: 40 }))])).toHaveLength(1);
  });

  it('never looks ahead: what it says of a window does not change with those that follow', () => {
    const slots = [...noise(DAY, 120, 1), ...noise(6, 900, 2), ...noise(40, 120, 3)];
    const all = played(slots).map(({ evaluation, event }) => ({ evaluation, event }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: slots.length }), (length) => {
        const until = played(slots.slice(0, length)).map(({ evaluation, event }) => ({ evaluation, event }));
        expect(until).toEqual(all.slice(0, length));
      }),
      { numRuns: 5 },
    );
  });
});

describe('a rule for the negative share', () => {
  const share = rule({ measure: 'negative_share' });

  it('fires when the share doubles, and not when all posts do', () => {
    const usual = noise(3 * DAY, 300, 1, 900);
    expect(eventsOf([...usual, ...noise(3, 1_200, 2, 3_600)], share)).toEqual([]);
    expect(eventsOf([...usual, ...noise(3, 700, 2, 500)], share)).toHaveLength(1);
  });

  it('says nothing of a few posts', () => {
    expect(eventsOf([...noise(3 * DAY, 300, 1, 900), slot(6), slot(5), slot(6)], share)).toEqual([]);
  });

  it('is held when another model scores, until enough is known of it', () => {
    const before = noise(2 * DAY, 300, 1, 900);
    const after = noise(2 * DAY, 700, 2, 500).map((window) => ({
      ...window,
      byModel: { m2: window.posts },
    }));
    expect(eventsOf([...before, ...after], share)).toEqual([]);
    const surge = noise(3, 1_150, 3, 50).map((window) => ({ ...window, byModel: { m2: window.posts } }));
    const all = played([...before, ...after, ...surge], share);
    expect(all[2 * DAY]?.evaluation).toMatchObject({ kind: 'held', reason: 'model-changed' });
    expect(all.flatMap(({ event }) => event?.state ?? [])).toEqual(['firing']);
  });
});

describe('the other rules', () => {
  it('see a fall of the mean polarity', () => {
    const polarity = rule({ measure: 'polarity' });
    const usual = noise(3 * DAY, 300, 1, 900);
    const [first] = played([...usual, ...noise(3, 800, 2, 400)], polarity).flatMap(
      ({ event }) => event ?? [],
    );
    expect(first).toMatchObject({ measure: 'polarity', state: 'firing' });
    expect(first?.observed).toBeLessThan(first?.expected ?? Number.NaN);
  });

  it('see more posts of any kind', () => {
    const volume = rule({ measure: 'volume' });
    const slots = [...noise(3 * DAY, 100, 1, 500), ...noise(2, 100, 2, 2_900)];
    expect(eventsOf(slots, volume)).toHaveLength(1);
    expect(eventsOf(slots)).toEqual([]);
  });
});

describe('an evaluation is held', () => {
  it('with too little history', () => {
    const short = played(noise(60, 60, 1));
    expect(short[34]?.evaluation).toMatchObject({ kind: 'held', reason: 'too-little-history' });
    expect(short[59]?.evaluation.kind).toBe('measured');
  });

  it('where records of the newest windows were lost', () => {
    const lost = [...noise(DAY, 60, 1), slot(90, 0, { complete: false }), slot(90)];
    expect(played(lost).slice(-2)).toMatchObject([
      { evaluation: { kind: 'held', reason: 'incomplete' } },
      { evaluation: { kind: 'held', reason: 'incomplete' } },
    ]);
  });
});

describe('the deviation that a brand exceeds once in some days', () => {
  it('grows with the days, with what its days were like, and not with one incident', () => {
    const calm = { peaks: new Array<number>(20).fill(3) };
    const restless = { peaks: Array.from({ length: 20 }, (_, day) => 3 + (day % 5)) };
    expect(rareDeviation(calm, 30)).toBeGreaterThan(rareDeviation(calm, 4));
    expect(rareDeviation(restless, 10)).toBeGreaterThan(rareDeviation(calm, 10));
    expect(rareDeviation({ peaks: [...calm.peaks, 90] }, 10)).toBeLessThan(rareDeviation(calm, 10) + 1);
  });
});

describe('the sensitivity', () => {
  it('becomes a p-value for each window and width', () => {
    expect(ruleTestOf(rule()).pThreshold).toBeCloseTo(0.5 / (8_640 * 3), 12);
    expect(ruleTestOf(rule({ sensitivity: 'low' })).pThreshold).toBeLessThan(ruleTestOf(rule()).pThreshold);
  });

  it('shares a target of false alerts among the brands', () => {
    const target = rule({ falseAlertsPerMonth: 2 });
    expect(ruleTestOf(target, 40).pThreshold).toBeCloseTo(2 / 40 / (8_640 * 3), 12);
  });
});

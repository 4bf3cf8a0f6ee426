import { describe, expect, it } from 'vitest';
import { type RuleTest, ruleTestOf } from '../../src/alerting/detectors/rule-test.js';
import type { Evaluation, Measurement } from '../../src/alerting/detectors/surge.js';
import { advance, type RuleState } from '../../src/alerting/state.js';
import { alertSchema } from '../../src/contracts/alert.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { acme, defaultRule, feedStart, slotEnd } from './feeds.js';

const MINUTE = 60_000;
const rule: RuleTest = { ...ruleTestOf(defaultRule), keepFiringMs: 5 * MINUTE, cooldownMs: 60 * MINUTE };
const quiet: RuleState = { evaluatedTo: feedStart, phase: { kind: 'quiet' } };
const circumstances = {
  brand: acme,
  tier: '5m',
  muted: false,
  evidenceSince: () => ({ bySource: { forum: 25 } }),
} as const;

function measured(slot: number, strength: number, given: Partial<Measurement> = {}): Evaluation {
  const measurement: Measurement = {
    start: slot === 0 ? feedStart : slotEnd(slot - 1),
    observed: 20,
    expected: 2,
    deviation: 6,
    pValue: 1e-7,
    strength,
    enough: true,
    posts: 25,
    negativeShare: 0.8,
    usualNegativeShare: 0.2,
    ...given,
  };
  return { kind: 'measured', end: slotEnd(slot), measurement };
}

/** Strengths of windows from slot 0 on, as the rule sees them one after the other. */
function play(strengths: readonly number[], test = rule, muted: (slot: number) => boolean = () => false) {
  let state = quiet;
  const events = strengths.flatMap((strength, slot) => {
    const next = advance(test, { ...circumstances, muted: muted(slot) }, state, measured(slot, strength));
    state = next.state;
    return next.event === undefined ? [] : [[slot, next.event.resolution ?? next.event.state]];
  });
  return { state, events };
}

describe('a quiet rule', () => {
  it('fires at a strength of 1, with what it saw as evidence', () => {
    const { state, event } = advance(rule, circumstances, quiet, measured(3, 1));
    expect(event).toEqual({
      v: 1,
      id: `acme:negative-surge:${slotEnd(3)}`,
      brand: 'acme',
      rule: 'negative-surge',
      measure: 'negative_count',
      state: 'firing',
      firedAt: slotEnd(3),
      window: { tier: '5m', start: slotEnd(2), end: slotEnd(3) },
      observed: 20,
      expected: 2,
      score: 6,
      pValue: 1e-7,
      strength: 1,
      peak: 20,
      evidence: { posts: 25, negativeShare: 0.8, baselineNegativeShare: 0.2, bySource: { forum: 25 } },
    });
    expect(alertSchema.parse(event)).toEqual(event);
    expect(state).toMatchObject({ phase: { kind: 'firing', strongest: 1 }, unannounced: event });
  });

  it('stays quiet below it, and where there is not enough to go by', () => {
    expect(advance(rule, circumstances, quiet, measured(0, 0.99)).event).toBeUndefined();
    expect(advance(rule, circumstances, quiet, measured(0, 9, { enough: false })).event).toBeUndefined();
  });

  it('waits until the surge has lasted as long as it is told, without a break', () => {
    const patient = { ...rule, forMs: 10 * MINUTE };
    expect(play([2, 2, 2], patient).events).toEqual([[2, 'firing']]);
    expect(play([2, 2, 0.9, 2, 2], patient).events).toEqual([]);
  });

  it('fires after quiet hours for a surge that still lasts, and not for one that is over', () => {
    expect(play([2, 2, 2, 2], rule, (slot) => slot < 2).events).toEqual([[2, 'firing']]);
    expect(play([2, 2, 0, 0], rule, (slot) => slot < 2).events).toEqual([]);
  });
});

describe('a firing rule', () => {
  it('raises one alert per surge and keeps its peak', () => {
    const fired = advance(rule, circumstances, quiet, measured(0, 1)).state;
    const grown = advance(rule, circumstances, fired, measured(1, 3, { observed: 55 }));
    const lower = advance(rule, circumstances, grown.state, measured(2, 2, { observed: 30 }));
    expect([grown.event, lower.event]).toEqual([undefined, undefined]);
    expect(lower.state.phase).toMatchObject({ alert: { peak: 55, observed: 20 }, strongest: 3 });
  });

  it('takes the lowest polarity for the worst', () => {
    const polarity = { ...rule, measure: 'polarity' } as const;
    const fired = advance(polarity, circumstances, quiet, measured(0, 1, { observed: -0.4 })).state;
    const next = advance(polarity, circumstances, fired, measured(1, 1, { observed: -0.7 })).state;
    const last = advance(polarity, circumstances, next, measured(2, 1, { observed: -0.2 })).state;
    expect(last.phase).toMatchObject({ alert: { peak: -0.7 } });
  });

  it('resolves only after enough calm windows in a row', () => {
    expect(play([1, 0.4, 0.6, 0.4, 0.4, 0]).events).toEqual([
      [0, 'firing'],
      [4, 'calm'],
    ]);
  });

  it('neither fires nor resolves on windows of which nothing can be said', () => {
    const fired = play([1, 0.4]).state;
    const held: Evaluation = { kind: 'held', end: slotEnd(2), reason: 'incomplete' };
    const next = advance(rule, circumstances, fired, held);
    expect(next).toEqual({ state: { ...fired, evaluatedTo: slotEnd(2) } });
  });

  it('ends as re-baselined when it has fired too long, but not on windows of which nothing can be said', () => {
    const hasty = { ...rule, maxFiringMs: 15 * MINUTE };
    expect(play([2, 2, 2, 2, 2], hasty).events).toEqual([
      [0, 'firing'],
      [3, 're-baselined'],
    ]);
    const held: Evaluation = { kind: 'held', end: slotEnd(9), reason: 'incomplete' };
    expect(advance(hasty, circumstances, play([2], hasty).state, held).event).toBeUndefined();
  });

  it('leaves the windows of the surge out of what is usual', () => {
    expect(play([1, 0, 0]).state.learnedTo).toBe(slotEnd(2));
  });
});

describe('the cool-down', () => {
  it('keeps the rule quiet for a surge like the last, until it is over', () => {
    const again = [2, 0, 0, ...new Array<number>(12).fill(2)];
    expect(play(again).events).toEqual([
      [0, 'firing'],
      [2, 'calm'],
      // An hour after the first alert.
      [12, 'firing'],
    ]);
  });

  it('lets one pass that is half as strong again', () => {
    expect(play([2, 0, 0, 2.9, 3]).events).toEqual([
      [0, 'firing'],
      [2, 'calm'],
      [4, 'firing'],
    ]);
  });

  it('is no more where it is 0', () => {
    const resolved = play([2, 0, 0], { ...rule, cooldownMs: 0 }).state;
    expect(resolved.phase).toEqual({ kind: 'quiet' });
    expect(resolved.evaluatedTo).toBe(epochMillis(slotEnd(2)));
  });
});

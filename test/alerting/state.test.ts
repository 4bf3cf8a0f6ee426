import { describe, expect, it } from 'vitest';
import type { Baseline, Evaluation } from '../../src/alerting/detectors/detector.js';
import { advance, type RuleState } from '../../src/alerting/state.js';
import { alertSchema } from '../../src/contracts/alert.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { acme, feedStart, slotEnd } from './feeds.js';

const rule = {
  name: 'negative-surge',
  tier: '5m',
  minPosts: 8,
  threshold: 5,
  resolveThreshold: 2,
  resolveAfter: 2,
  cooldownMs: 1_800_000,
} as const;
const baseline: Baseline = { width: 1, expected: 2, scale: 1, negativeShare: 0.2 };
const quiet: RuleState = { evaluatedTo: feedStart, phase: { kind: 'quiet' } };

function measured(slot: number, score: number, observed = 20): Evaluation {
  const start = slot === 0 ? feedStart : slotEnd(slot - 1);
  const measurement = { start, observed, score, posts: 25, bySource: { forum: 25 }, baseline };
  return { kind: 'measured', end: slotEnd(slot), measurement };
}

/** Scores of windows from slot 0 on, as the rule sees them one after the other. */
function play(scores: readonly number[], from: RuleState = quiet) {
  let state = from;
  const events = scores.flatMap((score, slot) => {
    const next = advance(rule, acme, state, measured(slot, score));
    state = next.state;
    return next.event === undefined ? [] : [{ slot, event: next.event }];
  });
  return { state, events };
}

describe('a quiet rule', () => {
  it('fires at the threshold, with what it saw as evidence', () => {
    const { state, event } = advance(rule, acme, quiet, measured(3, 5));
    expect(event).toEqual({
      v: 1,
      id: `acme:negative-surge:${slotEnd(3)}`,
      brand: 'acme',
      rule: 'negative-surge',
      state: 'firing',
      firedAt: slotEnd(3),
      window: { tier: '5m', start: slotEnd(2), end: slotEnd(3) },
      observed: 20,
      expected: 2,
      score: 5,
      peak: 20,
      evidence: { posts: 25, negativeShare: 0.8, baselineNegativeShare: 0.2, bySource: { forum: 25 } },
    });
    expect(alertSchema.parse(event)).toEqual(event);
    expect(state).toMatchObject({ phase: { kind: 'firing', baseline }, unannounced: event });
  });

  it('stays quiet below the threshold, and with fewer posts than it asks for', () => {
    expect(advance(rule, acme, quiet, measured(0, 4.99)).event).toBeUndefined();
    expect(advance(rule, acme, quiet, measured(0, 9, 7)).event).toBeUndefined();
  });
});

describe('a firing rule', () => {
  it('raises one alert per surge and keeps its peak', () => {
    const fired = advance(rule, acme, quiet, measured(0, 6, 20)).state;
    const grown = advance(rule, acme, fired, measured(1, 9, 55));
    const lower = advance(rule, acme, grown.state, measured(2, 7, 30));
    expect([grown.event, lower.event]).toEqual([undefined, undefined]);
    expect(lower.state).toMatchObject({ phase: { alert: { peak: 55, observed: 20 } } });
  });

  it('resolves only after enough calm windows in a row', () => {
    const { events } = play([6, 1, 3, 1, 1.9, 0]);
    expect(events.map(({ slot, event }) => [slot, event.state])).toEqual([
      [0, 'firing'],
      [4, 'resolved'],
    ]);
    expect(events[1]?.event.resolvedAt).toBe(slotEnd(4));
    expect(events[1]?.event.id).toBe(events[0]?.event.id);
  });

  it('neither fires nor resolves on windows of which nothing can be said', () => {
    const fired = play([6, 1]).state;
    const held = advance(rule, acme, fired, { kind: 'held', end: slotEnd(2), reason: 'incomplete' });
    expect(held).toEqual({ state: { ...fired, evaluatedTo: slotEnd(2) } });
  });
});

describe('the cool-down', () => {
  it('keeps the rule quiet until it is over; a surge that still lasts then is a new alert', () => {
    const { events } = play([6, 1, 1, 8, 8, 8, 8, 8, 8, 8]);
    expect(events.map(({ slot, event }) => [slot, event.state])).toEqual([
      [0, 'firing'],
      [2, 'resolved'],
      // Resolved at the end of slot 2, six windows of 5 minutes before this one ends.
      [8, 'firing'],
    ]);
  });

  it('is over at once where it is 0', () => {
    const resolved = advance({ ...rule, cooldownMs: 0 }, acme, play([6, 1]).state, measured(2, 1)).state;
    expect(resolved.phase).toEqual({ kind: 'quiet', until: epochMillis(slotEnd(2)) });
    expect(advance(rule, acme, resolved, measured(3, 6)).event?.state).toBe('firing');
  });
});

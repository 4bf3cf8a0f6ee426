import { type Alert, alertId } from '../../src/contracts/alert.js';
import type { Silence } from '../../src/contracts/silence.js';
import { acme, slotEnd } from './feeds.js';

/** An alert that is true to its id. */
export function alertOf(given: Partial<Alert> = {}): Alert {
  const { brand = acme, rule = 'negative-surge', firedAt = slotEnd(5) } = given;
  return {
    v: 1,
    id: alertId(brand, rule, firedAt),
    brand,
    rule,
    state: 'firing',
    firedAt,
    window: { tier: '5m', start: slotEnd(4), end: slotEnd(5) },
    observed: 24,
    expected: 2,
    score: 7.5,
    peak: 24,
    evidence: { posts: 30, negativeShare: 0.8, baselineNegativeShare: 0.2, bySource: { forum: 30 } },
    ...given,
  };
}

/** A silence of everything, asked for at slot 10, for slots up to 70. */
export function silenceOf(given: Partial<Silence> = {}): Silence {
  return {
    v: 1,
    kind: 'silence',
    id: 'e9a50ee1-2b5c-4fd5-9a2b-000000000001',
    from: slotEnd(10),
    to: slotEnd(70),
    reason: 'product launch',
    by: 'kim',
    createdAt: slotEnd(10),
    ...given,
  };
}

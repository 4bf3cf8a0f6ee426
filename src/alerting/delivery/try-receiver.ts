import { type Alert, alertId } from '../../contracts/alert.js';
import { type BrandId, epochMillis } from '../../contracts/ids.js';
import { TIER_MILLIS } from '../../contracts/window.js';
import { type AlertEvent, type DeliveryOutcome, idempotencyKey } from './delivery.js';
import { alertMessage, type MessageOptions } from './message.js';
import type { Receiver } from './receiver.js';

const TEST_RULE = 'test';

/** What a receiver answered to one notice of a test. */
export interface TestAnswer {
  readonly event: AlertEvent;
  readonly outcome: DeliveryOutcome;
}

/**
 * Tells a receiver of a test alert that fires, and where it took that, of its resolution, so that nothing stays open.
 * Both say that they are a test. One attempt each.
 */
export async function tryReceiver(
  receiver: Receiver,
  brand: BrandId,
  now: number,
  message: MessageOptions,
): Promise<readonly TestAnswer[]> {
  const firing = testAlert(brand, now);
  const fired = await tell(firing, 'firing');
  if (fired.outcome.kind !== 'delivered') return [fired];
  const resolved: Alert = { ...firing, state: 'resolved', resolvedAt: epochMillis(now) };
  return [fired, await tell(resolved, 'resolved')];

  async function tell(alert: Alert, event: AlertEvent): Promise<TestAnswer> {
    const outcome = await receiver.send({
      idempotencyKey: idempotencyKey(alert.id, event),
      event,
      isTest: true,
      alert,
      message: alertMessage(alert, event, message, true),
    });
    return { event, outcome };
  }
}

function testAlert(brand: BrandId, now: number): Alert {
  const end = epochMillis(Math.floor(now / 1_000) * 1_000 - 1_000);
  return {
    v: 1,
    id: alertId(brand, TEST_RULE, end),
    brand,
    rule: TEST_RULE,
    state: 'firing',
    firedAt: end,
    window: { tier: '5m', start: epochMillis(end - TIER_MILLIS['5m']), end },
    observed: 24,
    expected: 2,
    score: 7.5,
    peak: 24,
    evidence: {
      posts: 30,
      negativeShare: 0.8,
      baselineNegativeShare: 0.2,
      bySource: { test: 30 },
      terms: [{ term: 'test', negative: 24, other: 0 }],
      postIds: ['test-1', 'test-2'],
    },
  };
}

import { type AlertEvent, idempotencyKey } from '../../src/alerting/delivery/delivery.js';
import { alertMessage, type MessageOptions } from '../../src/alerting/delivery/message.js';
import type { Notice } from '../../src/alerting/delivery/receiver.js';
import type { Alert } from '../../src/contracts/alert.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { alertOf } from './alerts.js';

/** 2026-03-01 21:20:00.123 UTC. */
export const NOW = 1_772_400_000_123;
export const clock = { now: () => epochMillis(NOW) };

export const english: MessageOptions = {
  language: 'en',
  pageUrl: 'https://sentiment.example.com/',
  brandName: () => 'Acme',
};

/** An alert of five minutes before `NOW`. */
export const firing = alertOf({
  id: 'acme:negative-surge:1772399700000',
  firedAt: epochMillis(1_772_399_700_000),
  window: { tier: '5m', start: epochMillis(1_772_399_400_000), end: epochMillis(1_772_399_700_000) },
});
export const resolved: Alert = { ...firing, state: 'resolved', resolvedAt: epochMillis(1_772_400_000_000) };
export const acknowledged: Alert = {
  ...firing,
  acknowledgement: { by: 'kim', at: epochMillis(1_772_399_760_000) },
};

export function noticeOf(
  alert: Alert,
  event: AlertEvent,
  given: Partial<Notice> = {},
  options: MessageOptions = english,
): Notice {
  return {
    idempotencyKey: idempotencyKey(alert.id, event),
    event,
    isTest: false,
    alert,
    message: alertMessage(alert, event, options, given.isTest),
    ...given,
  };
}

import { createHmac } from 'node:crypto';
import type { WebhookConfig } from '../../config/schema.js';
import type { Clock } from '../../contracts/clock.js';
import { messageOf } from '../../contracts/errors.js';
import { alertDeliveries } from '../../telemetry/instruments.js';
import { type Delivery, type DeliveryOutcome, webhookId } from './delivery.js';

/** Statuses of the 4xx that say "later", not "never". */
const LATER = new Set([408, 429]);

/**
 * Attempts deliveries to the configured webhooks, by wall time. One whose webhook is configured no more is
 * refused.
 */
export function createWebhookDelivery(
  webhooks: readonly WebhookConfig[],
  clock: Clock,
): (delivery: Delivery) => Promise<DeliveryOutcome> {
  const byId = new Map(webhooks.map((webhook) => [webhookId(webhook), webhook]));
  return async (delivery) => {
    const webhook = byId.get(delivery.webhook);
    const outcome: DeliveryOutcome =
      webhook === undefined
        ? { kind: 'refused', reason: 'the webhook is not configured any more' }
        : await postToWebhook(webhook, delivery, clock);
    alertDeliveries.add(1, { 'sentiflux.outcome': outcome.kind });
    return outcome;
  };
}

/**
 * One attempt: `POST` with the JSON `{ v, event, alert }`. With a secret the header `x-sentiflux-signature` is
 * `t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY`; a receiver compares it and refuses old times, so that
 * a recorded request cannot be sent again. A redirect is not followed: it could lead a signed alert anywhere.
 */
export async function postToWebhook(
  { url, secret, timeoutMs }: WebhookConfig,
  { idempotencyKey, alert }: Delivery,
  clock: Clock,
): Promise<DeliveryOutcome> {
  const body = JSON.stringify({ v: 1, event: `alert.${alert.state}`, alert });
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'sentiflux',
    'idempotency-key': idempotencyKey,
    ...(secret !== undefined && { 'x-sentiflux-signature': signature(secret, body, clock) }),
  };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return outcomeOf(response.status);
  } catch (error) {
    return { kind: 'retry', reason: reasonOf(error) };
  }
}

function outcomeOf(status: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the webhook answered ${status}`;
  return status >= 500 || LATER.has(status) ? { kind: 'retry', reason } : { kind: 'refused', reason };
}

function signature(secret: string, body: string, clock: Clock): string {
  const seconds = Math.floor(clock.now() / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** `fetch` says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}

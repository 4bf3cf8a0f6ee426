import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { WebhookConfig } from '../../config/schema.js';
import { type Alert, alertSchema } from '../../contracts/alert.js';

/** One change of an alert on its way to one receiver. */
export const deliverySchema = z.object({
  /** The same on every attempt: the receiver may see it more than once. */
  idempotencyKey: z.string().min(1),
  /** Which of the configured webhooks; see `webhookId`. */
  webhook: z.string().min(1),
  alert: alertSchema,
});
export type Delivery = Readonly<z.infer<typeof deliverySchema>>;

/** What became of an attempt. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  /** Another attempt may succeed. */
  | { readonly kind: 'retry'; readonly reason: string }
  /** No attempt ever will. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Names a webhook in jobs and logs without its address, which may hold a secret. */
export function webhookId({ url }: Pick<WebhookConfig, 'url'>): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 12);
}

/** A change of an alert, for each webhook. */
export function deliveriesOf(alert: Alert, webhooks: readonly WebhookConfig[]): readonly Delivery[] {
  return webhooks.map((webhook) => ({
    idempotencyKey: `${alert.id}:${alert.state}`,
    webhook: webhookId(webhook),
    alert,
  }));
}

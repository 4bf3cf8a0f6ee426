import { createHash } from 'node:crypto';
import type { PagerdutyConfig } from '../../../config/schema.js';
import type { AlertEvent } from '../delivery.js';
import { httpReceiver, type Notice, type Receiver, type ReceiverOptions } from '../receiver.js';

const ACTIONS: Readonly<Record<AlertEvent, string>> = {
  firing: 'trigger',
  resolved: 'resolve',
  acknowledged: 'acknowledge',
};
/** Limits of the API, in characters. */
const MOST_KEY = 255;
const MOST_SUMMARY = 1024;

/**
 * PagerDuty, Events API v2. The alert's id is the `dedup_key`: PagerDuty makes one incident of however many triggers,
 * and the resolve and the acknowledgement find it.
 */
export function createPagerduty(config: PagerdutyConfig, options: ReceiverOptions): Receiver {
  return httpReceiver(config, options, (notice) => ({
    url: config.url,
    body: JSON.stringify({
      routing_key: config.routingKey,
      event_action: ACTIONS[notice.event],
      dedup_key: dedupKey(notice.alert.id),
      ...(notice.event === 'firing' && triggerOf(notice, config)),
    }),
  }));
}

function triggerOf({ isTest, alert, message }: Notice, { severity }: PagerdutyConfig): object {
  return {
    payload: {
      summary: Array.from(message.title).slice(0, MOST_SUMMARY).join(''),
      source: alert.brand,
      severity: isTest ? 'info' : severity,
      timestamp: new Date(alert.firedAt).toISOString(),
      class: alert.rule,
      custom_details: Object.fromEntries(message.facts.map(({ label, value }) => [label, value])),
    },
    client: 'sentiflux',
    ...(message.link !== undefined && {
      client_url: message.link.url,
      links: [{ href: message.link.url, text: message.link.text }],
    }),
  };
}

/** The id, or where it is too long a hash of it. */
function dedupKey(alertId: string): string {
  return alertId.length <= MOST_KEY ? alertId : createHash('sha256').update(alertId).digest('hex');
}

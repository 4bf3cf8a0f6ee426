import { createHmac } from 'node:crypto';
import type { WebhookConfig } from '../../../config/schema.js';
import { httpReceiver, type Notice, type Receiver, type ReceiverOptions } from '../receiver.js';

/**
 * A program of one's own: `POST` of JSON. With a secret the header `x-sentiflux-signature` is `t=SECONDS,v1=HEX`, the
 * HMAC-SHA256 of `SECONDS.BODY`; who receives it compares it and refuses old times, so that a recorded request cannot
 * be sent again.
 */
export function createWebhook(config: WebhookConfig, options: ReceiverOptions): Receiver {
  const { url, secret } = config;
  return httpReceiver(config, options, (notice) => {
    const body = bodyOf(notice);
    const seconds = Math.floor(options.clock.now() / 1000);
    const headers = secret === undefined ? {} : { 'x-sentiflux-signature': signature(secret, seconds, body) };
    return { url, headers, body };
  });
}

/** A test has an event of its own, so that no program takes it for an alert. */
function bodyOf({ event, isTest, alert, message }: Notice): string {
  return JSON.stringify({
    v: 1,
    event: `${isTest ? 'test' : 'alert'}.${event}`,
    title: message.title,
    facts: message.facts,
    ...(message.link !== undefined && { link: message.link.url }),
    alert,
  });
}

function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

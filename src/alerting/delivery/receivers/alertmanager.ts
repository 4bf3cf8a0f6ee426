import type { AlertmanagerConfig } from '../../../config/schema.js';
import { type Notice, poster, type Receiver, type ReceiverOptions } from '../receiver.js';

/**
 * An alert that nobody resolves ends after this long. Far beyond a stop of the worker: that it says nothing does not
 * mean that all is well.
 */
const ENDS_AFTER_MILLIS = 24 * 3_600_000;

/**
 * Prometheus Alertmanager, API v2 (`POST /api/v2/alerts`). It keeps alerts in memory, knows them by their labels and
 * wants to hear of what is firing again and again: hence `remind`.
 */
export function createAlertmanager(config: AlertmanagerConfig, options: ReceiverOptions): Receiver {
  const send = poster(config, options);
  const url = new URL(config.url);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`;
  const tell = (notices: readonly Notice[], key: Readonly<Record<string, string>>) =>
    send({
      url: url.href,
      headers: {
        ...key,
        ...(config.bearerToken !== undefined && { authorization: `Bearer ${config.bearerToken}` }),
      },
      body: JSON.stringify(notices.map((notice) => alertOf(notice, config, options.clock.now()))),
    });
  return {
    name: config.name,
    kind: config.kind,
    send: (notice) => tell([notice], { 'idempotency-key': notice.idempotencyKey }),
    remind: (notices) => tell(notices, {}),
  };
}

function alertOf({ isTest, alert, message }: Notice, { labels }: AlertmanagerConfig, now: number): object {
  return {
    // Labels are an alert's identity there: the same for as long as it fires.
    labels: {
      ...labels,
      alertname: alert.rule,
      brand: alert.brand,
      ...(isTest && { test: 'true' }),
    },
    annotations: {
      summary: message.title,
      description: message.facts.map(({ label, value }) => `${label}: ${value}`).join('\n'),
      alert_id: alert.id,
    },
    startsAt: new Date(alert.firedAt).toISOString(),
    endsAt: new Date(alert.resolvedAt ?? now + ENDS_AFTER_MILLIS).toISOString(),
    ...(message.link !== undefined && { generatorURL: message.link.url }),
  };
}

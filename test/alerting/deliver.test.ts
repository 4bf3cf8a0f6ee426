import { describe, expect, it } from 'vitest';
import { createDeliverer } from '../../src/alerting/delivery/deliver.js';
import { type AlertEvent, type DeliveryOutcome, deliveriesOf } from '../../src/alerting/delivery/delivery.js';
import type { Notice, Receiver } from '../../src/alerting/delivery/receiver.js';
import { createReminder } from '../../src/alerting/delivery/remind.js';
import { tryReceiver } from '../../src/alerting/delivery/try-receiver.js';
import { receiver as receiverSchema } from '../../src/config/receivers.js';
import type { ReceiverConfig, ReceiverKind } from '../../src/config/schema.js';
import type { Alert } from '../../src/contracts/alert.js';
import { brandId } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { acknowledged, english, firing, NOW, resolved } from './notices.js';

const url = 'https://example.com/T0/secret';
const configs: readonly ReceiverConfig[] = [
  { name: 'hook', kind: 'webhook', url },
  { name: 'prometheus', kind: 'alertmanager', url },
  { name: 'pager', kind: 'pagerduty', routingKey: 'secret' },
  { name: 'chat', kind: 'slack', url },
  { name: 'mail', kind: 'email', host: 'localhost', from: 'a@example.com', to: ['b@example.com'] },
].map((config) => receiverSchema.parse(config));

function recording(
  kind: ReceiverKind,
  outcome: DeliveryOutcome = { kind: 'delivered', answer: '200' },
): Receiver & { readonly told: Notice[]; readonly reminded: Notice[] } {
  const told: Notice[] = [];
  const reminded: Notice[] = [];
  return {
    name: kind,
    kind,
    told,
    reminded,
    async send(notice) {
      told.push(notice);
      return outcome;
    },
    ...(kind === 'alertmanager' && {
      async remind(notices: readonly Notice[]) {
        reminded.push(...notices);
        return outcome;
      },
    }),
  };
}

describe('the deliveries of an alert', () => {
  const names = (alert: Alert, event: AlertEvent, receivers = configs) =>
    deliveriesOf(alert, event, receivers).map(({ receiver }) => receiver);

  it('go to every receiver that hears of such a change, without what is secret about it', () => {
    expect(names(firing, 'firing')).toEqual(['hook', 'prometheus', 'pager', 'chat', 'mail']);
    expect(names(acknowledged, 'acknowledged')).toEqual(['hook', 'pager', 'chat']);
    expect(JSON.stringify(deliveriesOf(firing, 'firing', configs))).not.toContain('secret');
  });

  it('have a key that is the same for the same change', () => {
    const keys = deliveriesOf(resolved, 'resolved', configs).map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys)).toEqual(new Set([`${resolved.id}:resolved`]));
  });

  it('go by the brands and rules of the receivers', () => {
    const limited = [
      { name: 'acme', brands: ['acme'] },
      { name: 'globex', brands: ['globex'] },
      { name: 'surges', brands: ['globex', 'acme'], rules: ['negative-surge'] },
      { name: 'volumes', rules: ['volume'] },
    ].map((given) => receiverSchema.parse({ kind: 'slack', url, ...given }));
    expect(names(firing, 'firing', limited)).toEqual(['acme', 'surges']);
  });
});

describe('the deliverer', () => {
  const deliver = (receiver: Receiver, event: AlertEvent, current: Alert | undefined) => {
    const attempt = createDeliverer({
      receivers: [receiver],
      message: english,
      current: async () => current,
    });
    return attempt({
      idempotencyKey: `${firing.id}:${event}`,
      receiver: receiver.name,
      event,
      alert: firing,
    });
  };

  it('tells the receiver that the delivery names', async () => {
    const chat = recording('slack');
    expect(await deliver(chat, 'firing', firing)).toEqual({ kind: 'delivered', answer: '200' });
    expect(chat.told).toMatchObject([
      { idempotencyKey: `${firing.id}:firing`, event: 'firing', isTest: false, alert: firing },
    ]);
  });

  it('refuses what nobody is configured to receive', async () => {
    const attempt = createDeliverer({ receivers: [], message: english, current: async () => firing });
    const delivery = { idempotencyKey: 'k', receiver: 'gone', event: 'firing' as const, alert: firing };
    expect(await attempt(delivery)).toEqual({
      kind: 'refused',
      reason: 'the receiver is not configured any more',
    });
  });

  it.each(['alertmanager', 'pagerduty', 'slack', 'teams', 'email'] as const)(
    'opens nothing at %s that is over by then',
    async (kind) => {
      const receiver = recording(kind);
      expect(await deliver(receiver, 'firing', resolved)).toEqual({ kind: 'superseded' });
      expect(receiver.told).toEqual([]);
      expect(await deliver(receiver, 'resolved', resolved)).toMatchObject({ kind: 'delivered' });
      expect(await deliver(receiver, 'firing', undefined)).toMatchObject({ kind: 'delivered' });
    },
  );

  it('tells a webhook of every change, however late', async () => {
    const hook = recording('webhook');
    await deliver(hook, 'firing', resolved);
    expect(hook.told).toHaveLength(1);
  });
});

describe('a reminder', () => {
  const long = { ...resolved, id: 'long-over', resolvedAt: firing.firedAt };
  const store = {
    list: async ({ state }: { state?: Alert['state'] }) => (state === 'firing' ? [firing] : [resolved, long]),
  };
  const set = (receiver: Receiver, brands?: readonly string[]) =>
    createReminder({
      configs: [receiverSchema.parse({ name: receiver.name, kind: 'alertmanager', url, brands })],
      receivers: [receiver],
      message: english,
      store,
      logger: silentLogger,
    });

  it('tells once a minute what fires, and what was resolved within a quarter of an hour', async () => {
    const prometheus = recording('alertmanager');
    const remind = set(prometheus);
    const later = firing.firedAt + 15 * 60_000;
    await remind(later);
    await remind(later + 59_999);
    expect(prometheus.reminded.map(({ alert }) => alert)).toEqual([firing, resolved]);
    await remind(later + 60_000);
    expect(prometheus.reminded).toHaveLength(4);
  });

  it('leaves out the brands that the receiver does not hear of', async () => {
    const prometheus = recording('alertmanager');
    await set(prometheus, ['globex'])(NOW);
    expect(prometheus.reminded).toEqual([]);
  });

  it('does not fail where the receiver does', async () => {
    const prometheus = recording('alertmanager', { kind: 'retry', reason: 'it answered 503' });
    await expect(set(prometheus)(NOW)).resolves.toBeUndefined();
  });
});

describe('a test of a receiver', () => {
  it('fires and is resolved, marked as a test, under one alert', async () => {
    const pager = recording('pagerduty');
    const answers = await tryReceiver(pager, brandId('acme'), NOW, english);
    expect(answers.map(({ event, outcome }) => [event, outcome.kind])).toEqual([
      ['firing', 'delivered'],
      ['resolved', 'delivered'],
    ]);
    expect(pager.told.every(({ isTest, message }) => isTest && message.title.startsWith('[TEST] '))).toBe(
      true,
    );
    expect(new Set(pager.told.map(({ alert }) => alert.id)).size).toBe(1);
  });

  it('ends with the first notice that was not taken', async () => {
    const pager = recording('pagerduty', { kind: 'refused', reason: 'it answered 400' });
    const answers = await tryReceiver(pager, brandId('acme'), NOW, english);
    expect(answers.map(({ event }) => event)).toEqual(['firing']);
  });
});

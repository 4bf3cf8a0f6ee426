import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openReceivers } from '../../src/alerting/delivery/open-receivers.js';
import type { Notice, Receiver } from '../../src/alerting/delivery/receiver.js';
import { receiver as receiverSchema } from '../../src/config/receivers.js';
import type { Alert } from '../../src/contracts/alert.js';
import { alertOf } from './alerts.js';
import { httpServer, status } from './http-server.js';
import { acknowledged, clock, english, firing, noticeOf, resolved } from './notices.js';

const ID = 'acme:negative-surge:1772399700000';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const LINK = 'https://sentiment.example.com/#brand=acme';
/** What comes from posts and from people who write in forms. */
const HOSTILE = {
  brandName: () => 'A<!channel>&\u202eb\u001b[2J\n*x* [y](https://evil.example)',
};
const explained: Alert = {
  ...firing,
  evidence: {
    ...firing.evidence,
    terms: [
      { term: 'refund', negative: 12, other: 1 },
      { term: '电池', negative: 4, other: 0 },
    ],
    postIds: ['post-1', 'post-2'],
  },
  traceId: TRACE,
};
const hostile = noticeOf(
  alertOf({ evidence: { ...firing.evidence, bySource: { '<https://evil.example|forum>\r\n': 30 } } }),
  'firing',
  {},
  { ...english, ...HOSTILE },
);

async function open(config: object): Promise<Receiver> {
  const [receiver] = await openReceivers(
    [receiverSchema.parse({ name: 'ops', allowPrivate: true, ...config })],
    { clock },
  );
  if (receiver === undefined) throw new Error('one configuration, one receiver');
  return receiver;
}

/** Sends notices to a receiver of that kind, and gives the requests that arrived, with their bodies as JSON. */
async function sent(config: object, notices: readonly Notice[]) {
  const { url, received } = await httpServer(status(202));
  const receiver = await open({ url, ...config });
  for (const notice of notices)
    expect(await receiver.send(notice)).toEqual({ kind: 'delivered', answer: '202' });
  return received.map(({ body, ...request }) => ({ ...request, body, json: JSON.parse(body) }));
}

const KINDS = [
  ['webhook', { kind: 'webhook' }],
  ['alertmanager', { kind: 'alertmanager' }],
  ['pagerduty', { kind: 'pagerduty', routingKey: 'R0' }],
  ['slack', { kind: 'slack' }],
  ['teams', { kind: 'teams' }],
] as const;

describe.each(KINDS)('the receiver %s', (_, config) => {
  it('is told as JSON, with a key that a repeat carries too, in the same words', async () => {
    const [first, second] = await sent(config, [noticeOf(firing, 'firing'), noticeOf(firing, 'firing')]);
    expect(first?.method).toBe('POST');
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': `${ID}:firing`,
    });
    expect(second).toMatchObject({ body: first?.body, headers: { 'idempotency-key': `${ID}:firing` } });
  });

  it('is told what happened: brand, rule, window, observed and expected, shares, what to look at, link and id', async () => {
    const [request] = await sent(config, [noticeOf(explained, 'firing')]);
    for (const part of [
      'Acme: 24 negative posts where 2 were expected (negative-surge)',
      '2026-03-01 21:10 UTC – 2026-03-01 21:15 UTC (5m)',
      '80%, before 20%',
      'forum 30',
      'refund 12, 电池 4',
      'post-1, post-2',
      TRACE,
      LINK,
      ID,
    ])
      expect(request?.body).toContain(part);
  });

  it('cannot be made to show what turns or steers text', async () => {
    const [request] = await sent(config, [hostile]);
    expect(request?.body).not.toContain('\u202e');
    expect(JSON.stringify(request?.json.title ?? request?.json)).not.toContain('\\u001b');
  });

  it('is given up on after a 400 and tried again after a 500', async () => {
    const refusing = await httpServer(status(400, {}, 'bad'));
    const notice = noticeOf(firing, 'firing');
    expect(await (await open({ ...config, url: refusing.url })).send(notice)).toMatchObject({
      kind: 'refused',
    });
    const failing = await httpServer(status(500));
    expect(await (await open({ ...config, url: failing.url })).send(notice)).toMatchObject({ kind: 'retry' });
  });

  it('is not told at a private address unless that is allowed', async () => {
    const { url, received } = await httpServer();
    const receiver = await open({ ...config, url, allowPrivate: false });
    expect(await receiver.send(noticeOf(firing, 'firing'))).toMatchObject({ kind: 'refused' });
    expect(received).toEqual([]);
  });
});

describe('a webhook', () => {
  const config = { kind: 'webhook', secret: 'pâté' };

  it('is signed over its time and body where there is a secret', async () => {
    const [request] = await sent(config, [noticeOf(firing, 'firing')]);
    const expected = createHmac('sha256', 'pâté').update(`1772400000.${request?.body}`).digest('hex');
    expect(request?.headers['x-sentiflux-signature']).toBe(`t=1772400000,v1=${expected}`);
    const [unsigned] = await sent({ kind: 'webhook' }, [noticeOf(firing, 'firing')]);
    expect(unsigned?.headers).not.toHaveProperty('x-sentiflux-signature');
  });

  it('holds the alert as it stands on its topic, beside what people read', async () => {
    const [request] = await sent(config, [noticeOf(acknowledged, 'acknowledged')]);
    expect(request?.json).toEqual({
      v: 1,
      event: 'alert.acknowledged',
      title: 'Acme: negative-surge was seen by kim',
      facts: noticeOf(acknowledged, 'acknowledged').message.facts,
      link: LINK,
      alert: acknowledged,
    });
  });

  it('names a test differently, so that no program takes it for an alert', async () => {
    const [request] = await sent(config, [noticeOf(firing, 'firing', { isTest: true })]);
    expect(request?.json).toMatchObject({ event: 'test.firing', title: expect.stringMatching(/^\[TEST\] /) });
  });
});

describe('Alertmanager', () => {
  const config = { kind: 'alertmanager', labels: { team: 'brand' }, bearerToken: 't0' };

  it('gets an alert of its API v2 that ends in a day if nobody resolves it', async () => {
    const [request] = await sent(config, [noticeOf(firing, 'firing')]);
    expect(request?.path).toBe('/hooks/sentiflux/api/v2/alerts?team=1');
    expect(request?.headers.authorization).toBe('Bearer t0');
    expect(request?.json).toEqual([
      {
        labels: { alertname: 'negative-surge', brand: 'acme', team: 'brand' },
        annotations: {
          summary: 'Acme: 24 negative posts where 2 were expected (negative-surge)',
          description: expect.stringContaining('Observed: 24\nExpected: 2\n'),
          alert_id: ID,
        },
        startsAt: '2026-03-01T21:15:00.000Z',
        endsAt: '2026-03-02T21:20:00.123Z',
        generatorURL: LINK,
      },
    ]);
  });

  it('resolves it by the same labels and start', async () => {
    const [fired, over] = await sent(config, [noticeOf(firing, 'firing'), noticeOf(resolved, 'resolved')]);
    const [before] = fired?.json ?? [];
    expect(over?.json).toMatchObject([
      { labels: before.labels, startsAt: before.startsAt, endsAt: '2026-03-01T21:20:00.000Z' },
    ]);
  });

  it('has no slash twice in its address', async () => {
    const { port, received } = await httpServer();
    const receiver = await open({ ...config, url: `http://127.0.0.1:${port}/am/` });
    await receiver.send(noticeOf(firing, 'firing'));
    expect(received[0]?.path).toBe('/am/api/v2/alerts');
  });

  it('is reminded of several alerts at once', async () => {
    const { url, received } = await httpServer();
    const other = alertOf({ rule: 'volume' });
    const receiver = await open({ ...config, url });
    const notices = [noticeOf(firing, 'firing'), noticeOf(other, 'firing')];
    expect(await receiver.remind?.(notices)).toMatchObject({ kind: 'delivered' });
    const [alerts] = received.map(({ body }) => JSON.parse(body));
    expect(alerts).toMatchObject([
      { labels: { alertname: 'negative-surge' } },
      { labels: { alertname: 'volume' } },
    ]);
  });
});

describe('PagerDuty', () => {
  const config = { kind: 'pagerduty', routingKey: 'R0', severity: 'critical' };

  it('triggers, acknowledges and resolves one incident', async () => {
    const [trigger, acknowledge, resolve] = await sent(config, [
      noticeOf(firing, 'firing'),
      noticeOf(acknowledged, 'acknowledged'),
      noticeOf(resolved, 'resolved'),
    ]);
    expect(trigger?.json).toEqual({
      routing_key: 'R0',
      event_action: 'trigger',
      dedup_key: ID,
      payload: {
        summary: 'Acme: 24 negative posts where 2 were expected (negative-surge)',
        source: 'acme',
        severity: 'critical',
        timestamp: '2026-03-01T21:15:00.000Z',
        class: 'negative-surge',
        custom_details: expect.objectContaining({ Observed: '24', Expected: '2', Sources: 'forum 30' }),
      },
      client: 'sentiflux',
      client_url: LINK,
      links: [{ href: LINK, text: 'Open the page' }],
    });
    expect(acknowledge?.json).toEqual({ routing_key: 'R0', event_action: 'acknowledge', dedup_key: ID });
    expect(resolve?.json).toEqual({ routing_key: 'R0', event_action: 'resolve', dedup_key: ID });
  });

  it('wakes nobody for a test', async () => {
    const [request] = await sent(config, [noticeOf(firing, 'firing', { isTest: true })]);
    expect(request?.json.payload).toMatchObject({
      severity: 'info',
      summary: expect.stringContaining('[TEST]'),
    });
  });

  it('keeps to the limits of the API, also with long names', async () => {
    const long = alertOf({ rule: 'r'.repeat(400) });
    const [fired, over] = await sent(config, [
      noticeOf(long, 'firing'),
      noticeOf({ ...long, state: 'resolved' }, 'resolved'),
    ]);
    expect(fired?.json.dedup_key.length).toBeLessThanOrEqual(255);
    expect(over?.json.dedup_key).toBe(fired?.json.dedup_key);
  });
});

describe('Slack', () => {
  const config = { kind: 'slack' };

  it('gets blocks, and a text for notifications', async () => {
    const [request] = await sent(config, [noticeOf(firing, 'firing')]);
    const { text, blocks } = request?.json ?? {};
    expect(text).toBe(':red_circle: Acme: 24 negative posts where 2 were expected (negative-surge)');
    expect(blocks[0]).toEqual({
      type: 'section',
      text: {
        type: 'mrkdwn',
        text: ':red_circle: *Acme: 24 negative posts where 2 were expected (negative-surge)*',
        verbatim: true,
      },
    });
    expect(blocks[1].fields).toContainEqual({ type: 'mrkdwn', text: '*Observed*\n24', verbatim: true });
    expect(blocks.at(-1).text.text).toBe(`<${LINK}|Open the page>`);
    for (const { fields = [] } of blocks) expect(fields.length).toBeLessThanOrEqual(10);
  });

  it('shows in its sign what happened', async () => {
    const requests = await sent(config, [
      noticeOf(resolved, 'resolved'),
      noticeOf(acknowledged, 'acknowledged'),
    ]);
    expect(requests.map(({ json }) => json.text)).toEqual([
      ':large_green_circle: Acme: negative-surge is resolved',
      ':eyes: Acme: negative-surge was seen by kim',
    ]);
  });

  it('mentions nobody and links nowhere but to the page, whatever stands in a name', async () => {
    const [request] = await sent(config, [hostile]);
    expect(request?.body).toContain('A&lt;!channel&gt;&amp;');
    expect(request?.body.match(/<[^>]*>/g)).toEqual([`<${LINK}|Open the page>`]);
  });
});

describe('Microsoft Teams', () => {
  const config = { kind: 'teams' };

  it('gets an Adaptive Card', async () => {
    const [request] = await sent(config, [noticeOf(firing, 'firing')]);
    expect(request?.json).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: { type: 'AdaptiveCard', version: '1.4' },
        },
      ],
    });
    const { content } = request?.json.attachments[0] ?? {};
    expect(content.body[0].inlines).toEqual([
      {
        type: 'TextRun',
        text: 'Acme: 24 negative posts where 2 were expected (negative-surge)',
        size: 'medium',
        weight: 'bolder',
        color: 'attention',
      },
    ]);
    expect(content.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Open the page', url: LINK }]);
  });

  it('reads no markup in names: they stand in text runs only', async () => {
    const [request] = await sent(config, [hostile]);
    const { body } = request?.json.attachments[0].content ?? {};
    for (const block of body) expect(block).toMatchObject({ type: 'RichTextBlock' });
    expect(Buffer.byteLength(request?.body ?? '')).toBeLessThan(28_000);
  });
});

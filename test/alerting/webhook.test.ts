import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deliveriesOf } from '../../src/alerting/delivery/delivery.js';
import { createWebhookDelivery, postToWebhook } from '../../src/alerting/delivery/webhook.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { alertOf } from './alerts.js';

const clock = { now: () => epochMillis(1_772_400_000_123) };
const delivery = { idempotencyKey: 'acme:negative-surge:1:firing', webhook: 'w', alert: alertOf() };

interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on loopback that notes what comes and answers as told. */
async function receiver(answer: RequestListener): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url: path, headers } = request;
    received.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hooks/sentiflux?team=1`, received };
}

const status = (code: number, headers = {}): RequestListener => {
  return (_, response) => void response.writeHead(code, headers).end('{"thanks":true}');
};

describe('a delivery', () => {
  it('posts the alert as JSON, with a key that a repeat would carry too', async () => {
    const { url, received } = await receiver(status(204));
    expect(await postToWebhook({ url, timeoutMs: 2_000 }, delivery, clock)).toEqual({ kind: 'delivered' });
    const [request] = received;
    expect(request).toMatchObject({ method: 'POST', path: '/hooks/sentiflux?team=1' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 'acme:negative-surge:1:firing',
    });
    expect(request?.headers).not.toHaveProperty('x-sentiflux-signature');
    expect(JSON.parse(request?.body ?? '')).toEqual({ v: 1, event: 'alert.firing', alert: delivery.alert });
  });

  it('is signed over its time and body where there is a secret', async () => {
    const { url, received } = await receiver(status(200));
    await postToWebhook({ url, secret: 'pâté', timeoutMs: 2_000 }, delivery, clock);
    const [request] = received;
    const expected = createHmac('sha256', 'pâté').update(`1772400000.${request?.body}`).digest('hex');
    expect(request?.headers['x-sentiflux-signature']).toBe(`t=1772400000,v1=${expected}`);
  });

  it.each([500, 502, 503, 429, 408])('is tried again after %i', async (code) => {
    const { url } = await receiver(status(code));
    expect(await postToWebhook({ url, timeoutMs: 2_000 }, delivery, clock)).toEqual({
      kind: 'retry',
      reason: `the webhook answered ${code}`,
    });
  });

  it.each([400, 401, 404, 410, 422])('is refused for good by %i', async (code) => {
    const { url } = await receiver(status(code));
    expect(await postToWebhook({ url, timeoutMs: 2_000 }, delivery, clock)).toEqual({
      kind: 'refused',
      reason: `the webhook answered ${code}`,
    });
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await receiver(status(200));
    const { url } = await receiver(status(307, { location: elsewhere.url }));
    expect(await postToWebhook({ url, timeoutMs: 2_000 }, delivery, clock)).toMatchObject({
      kind: 'refused',
    });
    expect(elsewhere.received).toEqual([]);
  });

  it('is tried again where no answer comes in time', async () => {
    const { url, received } = await receiver(() => {});
    expect(await postToWebhook({ url, timeoutMs: 100 }, delivery, clock)).toMatchObject({ kind: 'retry' });
    expect(received).toHaveLength(1);
  });

  it('is tried again where nobody listens or the connection breaks', async () => {
    const nobody = { url: 'http://127.0.0.1:1/', timeoutMs: 2_000 };
    expect(await postToWebhook(nobody, delivery, clock)).toMatchObject({ kind: 'retry' });
    const { url } = await receiver((request) => void request.socket.destroy());
    expect(await postToWebhook({ url, timeoutMs: 2_000 }, delivery, clock)).toMatchObject({ kind: 'retry' });
  });

  it('does not wait for an answer that never ends', async () => {
    const { url } = await receiver((_, response) => void response.writeHead(200).write('thank you, '));
    expect(await postToWebhook({ url, timeoutMs: 2_000 }, delivery, clock)).toEqual({ kind: 'delivered' });
  });
});

describe('the deliveries of an alert', () => {
  it('are one for each webhook, named without its address', () => {
    const webhooks = ['http://a.example/T0/secret', 'http://b.example/'].map((url) => ({
      url,
      timeoutMs: 1,
    }));
    const deliveries = deliveriesOf(alertOf({ id: 'acme:negative-surge:1' }), webhooks);
    expect(deliveries.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      'acme:negative-surge:1:firing',
      'acme:negative-surge:1:firing',
    ]);
    expect(new Set(deliveries.map(({ webhook }) => webhook)).size).toBe(2);
    expect(JSON.stringify(deliveries)).not.toContain('secret');
  });

  it('find their webhook again, and are refused where it is configured no more', async () => {
    const { url, received } = await receiver(status(200));
    const webhooks = [{ url, timeoutMs: 2_000 }];
    const [known] = deliveriesOf(alertOf(), webhooks);
    if (known === undefined) throw new Error('one webhook, one delivery');
    expect(await createWebhookDelivery(webhooks, clock)(known)).toEqual({ kind: 'delivered' });
    expect(await createWebhookDelivery([], clock)(known)).toMatchObject({ kind: 'refused' });
    expect(received).toHaveLength(1);
  });
});

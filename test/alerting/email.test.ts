import { createServer } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openReceivers } from '../../src/alerting/delivery/open-receivers.js';
import type { Receiver } from '../../src/alerting/delivery/receiver.js';
import { receiver as receiverSchema } from '../../src/config/receivers.js';
import { clock, english, firing, noticeOf, resolved } from './notices.js';
import { type ReceivedMail, selfSigned, smtpServer } from './smtp-server.js';

const PLAIN: SMTPServerOptions = { disabledCommands: ['STARTTLS'] };

async function open(given: object): Promise<Receiver> {
  const config = {
    name: 'mail',
    kind: 'email',
    host: '127.0.0.1',
    tls: 'none',
    from: 'alerts@example.com',
    to: ['ops@example.com', 'brand@example.com'],
  };
  const [receiver] = await openReceivers([receiverSchema.parse({ ...config, ...given })], { clock });
  if (receiver === undefined) throw new Error('one configuration, one receiver');
  return receiver;
}

/** Headers by their lower-case names, and the body as text. */
function read({ source }: ReceivedMail) {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const body = rest.join('\r\n\r\n');
  const bytes =
    headers['content-transfer-encoding'] === 'base64'
      ? Buffer.from(body, 'base64')
      : Buffer.from(
          body
            .replaceAll(/=\r\n/g, '')
            .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        );
  return { headers, body: bytes.toString('utf8').replaceAll('\r\n', '\n') };
}

describe('an e-mail', () => {
  it('goes to all, says what happened and asks for no automatic answer', async () => {
    const { port, received } = await smtpServer(PLAIN);
    const receiver = await open({ port });
    expect(await receiver.send(noticeOf(firing, 'firing'))).toEqual({
      kind: 'delivered',
      answer: '250 queued as 7',
    });
    const [mail] = received;
    if (mail === undefined) throw new Error('no mail came');
    expect(mail).toMatchObject({ from: 'alerts@example.com', to: ['ops@example.com', 'brand@example.com'] });
    const { headers, body } = read(mail);
    expect(headers).toMatchObject({
      from: 'alerts@example.com',
      to: 'ops@example.com, brand@example.com',
      subject: 'Acme: 24 negative posts where 2 were expected (negative-surge)',
      'auto-submitted': 'auto-generated',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(body.trim()).toBe(
      [
        'Acme: 24 negative posts where 2 were expected (negative-surge)',
        '',
        'Brand: Acme',
        'Rule: negative-surge',
        'Window: 2026-03-01 21:10 UTC – 2026-03-01 21:15 UTC (5m)',
        'Observed: 24',
        'Expected: 2',
        'Posts in the window: 30',
        'Negative share: 80%, before 20%',
        'Sources: forum 30',
        'Fired: 2026-03-01 21:15 UTC',
        'Alert: acme:negative-surge:1772399700000',
        '',
        'Open the page: https://sentiment.example.com/#brand=acme',
      ].join('\n'),
    );
  });

  it('is the same mail when it is sent again, and the resolution answers it', async () => {
    const { port, received } = await smtpServer(PLAIN);
    const receiver = await open({ port });
    for (const notice of [
      noticeOf(firing, 'firing'),
      noticeOf(firing, 'firing'),
      noticeOf(resolved, 'resolved'),
    ])
      await receiver.send(notice);
    const [first, again, over] = received.map((mail) => read(mail).headers);
    expect(first?.['message-id']).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
    expect(again?.['message-id']).toBe(first?.['message-id']);
    expect(over?.['message-id']).not.toBe(first?.['message-id']);
    expect(over).toMatchObject({ 'in-reply-to': first?.['message-id'], references: first?.['message-id'] });
  });

  it('has no header but its own, whatever a brand is called', async () => {
    const { port, received } = await smtpServer(PLAIN);
    const brandName = () => 'Acme\r\nBcc: everybody@example.com\r\n\r\nhello';
    await (await open({ port })).send(noticeOf(firing, 'firing', {}, { ...english, brandName }));
    const [mail] = received;
    expect(mail?.to).toEqual(['ops@example.com', 'brand@example.com']);
    expect(mail?.source).not.toMatch(/^Bcc:/im);
  });

  it('carries Chinese', async () => {
    const { port, received } = await smtpServer(PLAIN);
    await (await open({ port })).send(noticeOf(firing, 'firing', {}, { ...english, language: 'zh' }));
    const [mail] = received;
    expect(mail && read(mail).body).toContain('负面占比: 80%，此前 20%');
    expect(mail && read(mail).headers.subject).toMatch(/^=\?UTF-8\?/);
  });

  it('is not sent, nor the password, over a connection that is not encrypted unless that is asked for', async () => {
    const passwords: unknown[] = [];
    const { port, received } = await smtpServer({
      ...PLAIN,
      allowInsecureAuth: true,
      onAuth({ password }, _, done) {
        passwords.push(password);
        done(null, { user: 'anybody' });
      },
    });
    const settings = { port, user: 'sentiflux', password: 'right' };
    const guarded = await open({ ...settings, tls: 'starttls' });
    expect(await guarded.send(noticeOf(firing, 'firing'))).toMatchObject({ kind: 'refused' });
    expect({ passwords, received }).toEqual({ passwords: [], received: [] });
    await (await open({ ...settings, tls: 'none' })).send(noticeOf(firing, 'firing'));
    expect({ passwords, received }).toMatchObject({ passwords: ['right'], received: [{ user: 'anybody' }] });
  });

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const { key, cert } = selfSigned();
    const { port, received } = await smtpServer({ key, cert });
    const receiver = await open({ port, tls: 'starttls' });
    expect(await receiver.send(noticeOf(firing, 'firing'))).toMatchObject({
      kind: 'retry',
      reason: expect.stringMatching(/certificate/i),
    });
    expect(received).toEqual([]);
  });

  it('is given up on where the password is wrong', async () => {
    const { port } = await smtpServer({ ...PLAIN, allowInsecureAuth: true });
    const receiver = await open({ port, user: 'sentiflux', password: 'wrong' });
    const outcome = await receiver.send(noticeOf(firing, 'firing'));
    expect(outcome).toMatchObject({ kind: 'refused', reason: expect.stringContaining('wrong password') });
    expect(JSON.stringify(outcome)).not.toContain('"wrong"');
  });

  const rejecting = (responseCode: number, whom: RegExp): SMTPServerOptions => ({
    ...PLAIN,
    onRcptTo: ({ address }, _, done) =>
      whom.test(address) ? done(Object.assign(new Error('not here'), { responseCode })) : done(),
  });

  it.each([
    [451, 'retry'],
    [550, 'refused'],
  ])('answered by %i is a case of %s', async (code, kind) => {
    const { port } = await smtpServer(rejecting(code, /./));
    expect(await (await open({ port })).send(noticeOf(firing, 'firing'))).toMatchObject({ kind });
  });

  it('says whom it did not reach', async () => {
    const { port } = await smtpServer(rejecting(550, /^brand/));
    expect(await (await open({ port })).send(noticeOf(firing, 'firing'))).toEqual({
      kind: 'delivered',
      answer: '250 queued as 7; not taken for brand@example.com',
    });
  });

  it('is tried again where nobody listens, or nobody speaks', async () => {
    const notice = noticeOf(firing, 'firing');
    expect(await (await open({ port: 1 })).send(notice)).toMatchObject({ kind: 'retry' });
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await (await open({ port, timeoutMs: 300 })).send(notice)).toMatchObject({ kind: 'retry' });
  });
});

import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { EmailConfig } from '../../../config/schema.js';
import { messageOf } from '../../../contracts/errors.js';
import { type DeliveryOutcome, idempotencyKey } from '../delivery.js';
import type { Notice, Receiver } from '../receiver.js';

/**
 * Mail over SMTP, as plain text. The `Message-ID` is made from the idempotency key, so that mail programs take a repeat
 * for the mail that they have, and a resolution names the mail that it answers.
 */
export function createEmail(config: EmailConfig): Receiver {
  const { name, kind, host, port, tls, user, password, from, to, timeoutMs } = config;
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user !== undefined && password !== undefined && { auth: { user, pass: password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const messageId = (key: string) =>
    `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${domain}>`;

  return {
    name,
    kind,
    async send(notice) {
      const first = messageId(idempotencyKey(notice.alert.id, 'firing'));
      try {
        const { response, rejected } = await transport.sendMail({
          from,
          to: [...to],
          subject: notice.message.title,
          text: textOf(notice),
          messageId: messageId(notice.idempotencyKey),
          ...(notice.event !== 'firing' && { inReplyTo: first, references: first }),
          // RFC 3834: no holiday notice in answer to it.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        const without = rejected.length === 0 ? '' : `; not taken for ${rejected.join(', ')}`;
        return { kind: 'delivered', answer: `${response}${without}` };
      } catch (error) {
        return outcomeOf(error);
      }
    },
  };
}

function textOf({ message: { title, facts, link } }: Notice): string {
  return [
    title,
    '',
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    ...(link === undefined ? [] : ['', `${link.text}: ${link.url}`]),
    '',
  ].join('\n');
}

/** A 5xx of SMTP is for good, like a 4xx of HTTP; a 4xx of SMTP and whatever breaks on the way may pass. */
function outcomeOf(error: unknown): DeliveryOutcome {
  const { responseCode } = Object(error) as { responseCode?: unknown }; // Anything thrown can be asked for it.
  const isFinal = typeof responseCode === 'number' && responseCode >= 500;
  return { kind: isFinal ? 'refused' : 'retry', reason: messageOf(error) };
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openReceivers } from '../../src/alerting/delivery/open-receivers.js';
import { receiver as receiverSchema } from '../../src/config/receivers.js';
import { configSchema } from '../../src/config/schema.js';
import { systemClock } from '../../src/contracts/clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { httpServer } from './http-server.js';
import { firing, noticeOf } from './notices.js';

/** The first block of code in a language on the page. */
function block(language: string): string {
  const page = readFileSync('docs/receivers.md', 'utf8');
  const [, code] = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(page) ?? [];
  if (code === undefined) throw new Error(`no block of ${language}`);
  return code;
}

describe('docs/receivers.md', () => {
  it('shows a configuration that can be used, with a receiver of every kind', () => {
    const { receivers } = configSchema.parse(parse(block('yaml'))).alerting;
    expect(receivers.map(({ kind }) => kind)).toEqual([
      'webhook',
      'alertmanager',
      'pagerduty',
      'slack',
      'teams',
      'email',
    ]);
  });

  it('shows a check of signatures that takes what a webhook gets, and nothing else', async () => {
    const file = join(temporaryFolder(), 'check.mjs');
    writeFileSync(file, block('js'));
    const { isFromSentiflux } = await import(file);
    const { url, received } = await httpServer();
    const config = { name: 'hook', kind: 'webhook', url, secret: 'pâté', allowPrivate: true };
    const [hook] = await openReceivers([receiverSchema.parse(config)], { clock: systemClock });
    await hook?.send(noticeOf(firing, 'firing'));
    const [{ body = '', headers = {} } = {}] = received;
    const header = String(headers['x-sentiflux-signature']);
    expect(isFromSentiflux(header, body, 'pâté')).toBe(true);
    expect(isFromSentiflux(header, `${body} `, 'pâté')).toBe(false);
    expect(isFromSentiflux(header, body, 'pate')).toBe(false);
    expect(isFromSentiflux(header.replace(/^t=\d+/, 't=1772400000'), body, 'pâté')).toBe(false);
    expect(isFromSentiflux('', body, 'pâté')).toBe(false);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpServer, status } from '../alerting/http-server.js';
import { selfSigned, smtpServer } from '../alerting/smtp-server.js';
import { run } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function configured(...receivers: readonly object[]): string {
  const file = join(temporaryFolder(), 'config.yaml');
  writeFileSync(file, JSON.stringify({ alerting: { receivers } }));
  return file;
}

describe('alerts test', () => {
  it('tells a receiver of an alert that is marked as a test, and of its end, and prints the answers', async () => {
    const { url, received } = await httpServer(status(200, {}, 'ok'));
    const file = configured(
      { name: 'chat', kind: 'slack', url, allowPrivate: true },
      { name: 'other', kind: 'slack', url, allowPrivate: true },
    );
    expect(await run(['alerts', 'test', '--receiver', 'chat', '--config', file])).toEqual({
      status: 0,
      stdout: 'chat (slack) firing: delivered: 200 ok\nchat (slack) resolved: delivered: 200 ok\n',
      stderr: '',
    });
    expect(received).toHaveLength(2);
    for (const { body } of received) expect(JSON.parse(body).text).toContain('[TEST]');
  });

  it('ends with status 1 where a receiver does not take it, and tries the others', async () => {
    const refusing = await httpServer(status(403, {}, 'invalid_token'));
    const fine = await httpServer(status(202));
    const { status: exit, stdout } = await run([
      'alerts',
      'test',
      '--config',
      configured(
        { name: 'chat', kind: 'slack', url: refusing.url, allowPrivate: true },
        { name: 'closed', kind: 'teams', url: fine.url },
        { name: 'pager', kind: 'pagerduty', url: fine.url, routingKey: 'hush', allowPrivate: true },
      ),
    ]);
    expect(exit).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'chat (slack) firing: refused: it answered 403 invalid_token',
      'closed (teams) firing: refused: 127.0.0.1 is a private address; allowPrivate: true allows it',
      'pager (pagerduty) firing: delivered: 202',
      'pager (pagerduty) resolved: delivered: 202',
      '',
    ]);
    expect(stdout).not.toContain('hush');
  });

  it('sends mail with a password over an encrypted connection to a server that is vouched for', async () => {
    const { key, cert, certFile } = selfSigned();
    const { port, received } = await smtpServer({ key, cert });
    const mail = {
      name: 'mail',
      kind: 'email',
      host: 'localhost',
      port,
      user: 'sentiflux',
      password: 'right',
    };
    const file = configured({ ...mail, from: 'alerts@example.com', to: ['ops@example.com'] });
    const { status: exit, stdout } = await run(['alerts', 'test', '--config', file], {
      env: { NODE_EXTRA_CA_CERTS: certFile },
    });
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout:
        'mail (email) firing: delivered: 250 queued as 7\nmail (email) resolved: delivered: 250 queued as 7\n',
    });
    expect(received).toMatchObject([
      { user: 'sentiflux', isEncrypted: true, source: expect.stringContaining('Subject: [TEST] ') },
      { user: 'sentiflux', isEncrypted: true },
    ]);
  });

  it('says which receivers there are', async () => {
    const file = configured({ name: 'chat', kind: 'slack', url: 'https://example.com/T0' });
    expect(await run(['alerts', 'test', '--receiver', 'chta', '--config', file])).toMatchObject({
      status: 2,
      stderr: 'SF_USAGE no receiver is named "chta". Configured are chat.\n',
    });
    expect(await run(['alerts', 'test', '--config', configured()])).toMatchObject({
      status: 0,
      stderr: 'no receivers are configured: see alerting.receivers\n',
    });
  });
});

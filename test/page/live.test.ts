import { once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { commit, jetstreamServer, NOON_US, post } from '../sources/jetstream-server.js';
import { run, start } from '../support/cli.js';
import { CHROMIUM, openChromium } from './support/chromium.js';
import { watchVisits } from './support/visits.js';
import { WAIT } from './support/wait.js';

const BRAND = 'Skylvara Air=skylvara,@skylvara.bsky.social,#flyskylvara';

/** The command once its page is there, and what it has printed. */
async function startLive(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = start(['live', '--port', '0', ...args], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { printed: '', logged: '' };
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    output.logged += chunk;
  });
  const page = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output.printed += chunk;
      const [, address] = /^page +(\S+)$/m.exec(output.printed) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once('close', () => reject(new Error(`it ended: ${output.logged}`)));
  });
  return { child, output, page };
}

/** Microseconds after noon, as the server's events have them. */
const agoUs = (seconds: number): number => (Date.now() - 1_000 * seconds) * 1_000 - NOON_US;

describe('sentiflux live', { timeout: 120_000 }, () => {
  it('tells in lines what posts say of a brand, and ends in order', async () => {
    const server = await jetstreamServer();
    const { child, output, page } = await startLive(['--brand', BRAND], {
      SENTIFLUX_SOURCES_BLUESKY_URLS: server.url,
    });
    expect(page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#brand=skylvara-air$/);
    await expect.poll(() => server.asked.length, WAIT).toBe(1);
    server.emit(
      post(agoUs(2), 'a', 'Skylvara lost my bag\u001b[2J\nworst airline ever'),
      post(agoUs(1), 'b', 'A lovely morning'),
      post(agoUs(0), 'c', 'Thank you @skylvara.bsky.social, what a wonderful crew! #flyskylvara'),
    );
    await expect.poll(() => output.printed, WAIT).toMatch(/positive +\d+ % {2}Skylvara Air {2}Thank you/);
    // Nothing that a post says steers the terminal.
    expect(output.printed).toMatch(
      /negative +\d+ % {2}Skylvara Air {2}Skylvara lost my bag\ufffd\[2J worst airline ever\n/,
    );
    expect(output.printed).not.toContain('A lovely morning');

    child.kill('SIGINT');
    const [status]: unknown[] = await once(child, 'close');
    expect(status).toBe(0);
    expect(output.logged).toBe('');
    expect(output.printed).toMatch(
      /posts +negative +neutral +positive {2}brand\n +2 +50 % +0 % +50 % {2}Skylvara Air\n +3 .* {2}all posts\n$/,
    );
  });

  it('says why it waits where the source is away, and goes on when it is back', async () => {
    const server = await jetstreamServer();
    server.serve({ answer: { status: 503 } });
    const { output } = await startLive(['--brand', 'Skylvara'], {
      SENTIFLUX_SOURCES_BLUESKY_URLS: server.url,
    });
    await expect.poll(() => server.asked.length, WAIT).toBe(2);
    expect(output.logged).toMatch(/"code":"SF_SOURCE_UNREACHABLE".*503.*the source broke off; trying again/);
    server.emit(post(agoUs(0), 'a', 'Skylvara found my bag'));
    await expect.poll(() => output.printed, WAIT).toMatch(/Skylvara {2}Skylvara found my bag/);
  });

  it('ends where the source refuses, with status 1 and one line', async () => {
    const server = await jetstreamServer();
    server.serve({ answer: { status: 403 } });
    const { status, stderr } = await run(['live', '--port', '0'], {
      env: { SENTIFLUX_SOURCES_BLUESKY_URLS: server.url },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SF_SOURCE_REFUSED 127\.0\.0\.1:\d+ answered 403\. Check the address\.$/m);
  });

  it.each([
    [['--source', 'rss'], /^SF_USAGE no feed is named\. Give --feed URL, or sources\.rss\.feeds\.$/m],
    [
      ['--feed', 'https://example.com/feed'],
      /^SF_USAGE --feed is for rss, which is not read\. Add --source rss, or leave --feed out\.$/m,
    ],
  ])('refuses %j with status 2, and says what to do', async (args, line) => {
    const { status, stderr } = await run(['live', '--port', '0', ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(line);
  });

  describe.skipIf(CHROMIUM === undefined)('in Chromium', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openChromium();
    });
    afterAll(() => browser?.close());
    const visit = watchVisits(() => browser);

    it('shows posts and windows of the brand on its page, and takes deleted posts away', async () => {
      const server = await jetstreamServer();
      const env = { SENTIFLUX_SOURCES_BLUESKY_URLS: server.url };
      const { page: address } = await startLive(['--brand', BRAND], env);
      await expect.poll(() => server.asked.length, WAIT).toBe(1);
      const page = await visit(address);
      await expect.poll(() => page.locator('#status').textContent(), WAIT).toMatch(/^(Live|Connected)/);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^Skylvara Air/);

      server.emit(
        ...[1, 2, 3].map((i) => post(agoUs(60 - i), `old${i}`, `Skylvara lost bag number ${i}`)),
        // The time of later posts closes the windows of earlier ones.
        ...Array.from({ length: 12 }, (_, i) => post(agoUs(0), `new${i}`, `A lovely morning, number ${i}`)),
      );
      const posts = page.locator('.post-list > li');
      await expect.poll(() => posts.count(), WAIT).toBe(3);
      expect(await posts.allTextContents()).toContainEqual(
        expect.stringContaining('Skylvara lost bag number 2'),
      );
      await expect.poll(() => page.locator('.figures').textContent(), WAIT).toMatch(/Posts3/);

      server.emit(commit(agoUs(0), 'old2', undefined));
      await expect.poll(() => posts.count(), WAIT).toBe(2);
      expect(await posts.allTextContents()).not.toContainEqual(expect.stringContaining('number 2'));
    });
  });
});

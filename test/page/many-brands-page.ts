import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../src/api/schema.js';
import type { API_SCOPES } from '../../src/config/schema.js';
import { brandSchema } from '../../src/contracts/brand.js';
import { ALL_BRANDS, brandId, epochMillis, postId } from '../../src/contracts/ids.js';
import { bookOf, createFeed, windowsOf } from '../api/support/fakes.js';
import { alert, minute, NOON, scoredPost } from '../api/support/posts.js';
import { apiConfig, openApi } from '../api/support/server.js';
import { seriousFaults } from './support/accessibility.js';
import type { Visit, VisitOptions } from './support/visits.js';
import { WAIT } from './support/wait.js';

const HOUR = 3_600_000;
const BRANDS = Array.from({ length: 1_000 }, (_, i) =>
  brandSchema.parse({ id: `brand-${i}`, name: `Brand № ${i}`, keywords: [`brand${i}`] }),
);
/** The last one has an alert, so it comes first. */
const ALARMED = brandId('brand-999');
const HOSTILE = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';
const token = (name: string, ...scopes: Array<(typeof API_SCOPES)[number]>) => ({
  name,
  scopes,
  sha256: createHash('sha256').update(`${name}-token`).digest('hex'),
});

export function manyBrandsPage(visit: Visit): void {
  describe('the page of a worker with a thousand brands and tokens', () => {
    const feed = createFeed();
    let api: Api;
    let address: string;

    beforeAll(async () => {
      const hour = (brand: string, posts: number) =>
        minute(brandId(brand), NOON - HOUR, { tier: '1h', end: epochMillis(NOON), posts });
      api = await openApi({
        config: apiConfig({ tokens: [token('ops', 'read', 'score', 'admin'), token('wall', 'read')] }),
        brands: { current: BRANDS },
        windows: windowsOf(
          [hour(ALL_BRANDS, 1_000), ...BRANDS.map(({ id }, i) => hour(id, 1_000 - i))],
          epochMillis(NOON),
        ),
        alerts: bookOf([alert({ brand: ALARMED, rule: HOSTILE })]),
        feed,
        // Browsers go by their own clock whether a cookie is still good.
        wallClock: { now: () => epochMillis(Date.now()) },
      });
      address = await api.listen({ port: 0, host: '127.0.0.1' });
    });
    afterAll(() => api?.close());
    const open = (options: VisitOptions = {}) => visit(address, options);
    async function signedIn(name: string) {
      const page = await open();
      await page.getByLabel('Token').fill(`${name}-token`);
      await page.keyboard.press('Enter');
      await page.locator('.brand-list button').first().waitFor();
      return page;
    }

    it('asks for a token, takes a right one, and holds a cookie that no script can read', async () => {
      const page = await open({ expected: /401/ });
      await page.getByRole('dialog').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByLabel('Token').fill('wrong');
      await page.keyboard.press('Enter');
      await expect
        .poll(() => page.getByRole('dialog').textContent(), WAIT)
        .toMatch(/the token is not one of api.tokens/);
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').isVisible()).toBe(true);

      await page.getByLabel('Token').fill('ops-token');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('.brand-list button').first().waitFor();
      expect(await page.evaluate('document.cookie')).toBe('');
      expect(await page.getByLabel('Your name').inputValue()).toBe('ops');

      await page.reload();
      await page.locator('.brand-list button').first().waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect.poll(() => page.getByRole('dialog').isVisible(), WAIT).toBe(true);
    });

    it('lists all of them, the alarmed first, and draws and asks for those in sight alone', async () => {
      const page = await open();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).search));
      await page.getByLabel('Token').fill('ops-token');
      await page.keyboard.press('Enter');
      const rows = page.locator('.brand-list button');
      await expect.poll(() => rows.count(), WAIT).toBe(1_002);
      expect(await rows.nth(1).textContent()).toMatch(/^Brand № 999/);
      expect(await rows.nth(2).textContent()).toMatch(/^Brand № 0/);

      await expect.poll(() => page.locator('.spark').count(), WAIT).toBeGreaterThan(3);
      expect(await page.locator('.spark').count()).toBeLessThan(30);
      await rows.nth(600).scrollIntoViewIfNeeded();
      await expect.poll(() => rows.nth(600).locator('.spark').count(), WAIT).toBe(1);
      expect(await page.locator('.spark').count()).toBeLessThan(30);
      const most = Math.max(
        ...asked.map((search) => new URLSearchParams(search).get('brands')?.split(',').length ?? 0),
      );
      expect(most).toBeLessThan(30);
    });

    it('finds one by name', async () => {
      const page = await signedIn('ops');
      await page.getByRole('searchbox').fill('№ 77');
      await expect.poll(() => page.locator('#brands .found').textContent(), WAIT).toBe('11 of 1,002');
      await page.locator('.brand-list button', { hasText: /№ 777/ }).click();
      await expect
        .poll(() => page.getByRole('heading', { level: 1 }).textContent(), WAIT)
        .toBe('Brand № 777');
      expect(page.url()).toContain('#brand=brand-777');
      await page.getByRole('searchbox').fill('nobody');
      await expect
        .poll(() => page.locator('#brands .found').textContent(), WAIT)
        .toBe('No brand has that name.');
    });

    it('offers a reader nothing that its token may not do', async () => {
      const page = await signedIn('wall');
      await expect.poll(() => page.locator('.alert-list > li').count(), WAIT).toBe(1);
      expect(await page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Silence…' }).count()).toBe(0);
      expect(await page.locator('#score').isVisible()).toBe(false);
    });

    it('shows what is hostile in a post or a rule as the text that it is', async () => {
      const page = await signedIn('ops');
      await expect.poll(() => feed.listeners, WAIT).toBe(1);
      feed.emit({
        kind: 'scored',
        post: scoredPost({
          id: postId(HOSTILE),
          text: HOSTILE,
          source: HOSTILE,
          language: HOSTILE,
          brands: [brandId(HOSTILE)],
          url: 'javascript:globalThis.hacked=1',
        }),
      });
      const post = page.locator('.post-list > li');
      await expect.poll(() => post.count(), WAIT).toBe(1);
      expect(await post.locator('.text').textContent()).toBe(HOSTILE);
      expect(await page.locator('.alert-list').textContent()).toContain(HOSTILE);
      await page.getByText('Evidence').click();
      await post.getByRole('button', { name: 'Why?' }).click();
      await expect.poll(() => post.locator('mark').textContent(), WAIT).toBe(HOSTILE);
      expect(await page.locator('main img, main script, main a[href^="javascript"]').count()).toBe(0);
      expect(await page.evaluate('globalThis.hacked')).toBeUndefined();

      feed.emit({ kind: 'deleted', id: postId(HOSTILE) });
      await expect.poll(() => post.count(), WAIT).toBe(0);
    });
  });
}

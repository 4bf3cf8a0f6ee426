import { beforeAll, describe, expect, it } from 'vitest';
import { seriousFaults } from './support/accessibility.js';
import type { Demo } from './support/demo.js';
import { type Gate, openGate } from './support/gate.js';
import type { Visit, VisitOptions } from './support/visits.js';
import { WAIT } from './support/wait.js';

/** One demo for all: the first test sees its surge come, the later ones what is left of it. */
export function demoPage(visit: Visit, demo: () => Demo): void {
  describe('the page of the demo', () => {
    let gate: Gate;

    beforeAll(async () => {
      gate = await openGate(demo().address);
    });

    const open = (options: VisitOptions = {}) => visit(`${gate.address}#brand=skylvara`, options);

    it('shows posts, windows and the alert of a surge as they come', async () => {
      const page = await open();
      await expect.poll(() => page.locator('#status').textContent(), WAIT).toMatch(/^(Live|Connected)/);
      expect(await page.locator('.post-list > li').count()).toBe(0);
      demo().begin();
      await expect.poll(() => page.locator('.post-list > li').count(), WAIT).toBeGreaterThan(0);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.locator('.post-list > li', { hasText: 'Why?' }).first().click();
      await expect.poll(() => page.locator('.post-list .explanation').count(), WAIT).toBe(1);

      const alert = page.locator('.alert-list > li');
      await expect.poll(() => alert.count(), WAIT).toBe(1);
      expect(await alert.textContent()).toMatch(
        /Skylvara Air \(airline\).*\d+ negative posts, where [\d.]+ were expected/,
      );
      await expect.poll(() => page.getByRole('img').getAttribute('aria-label'), WAIT).toMatch(/\b1 alerts/);
      expect(await page.locator('.brand-list button[aria-current="true"] .spark').count()).toBe(1);
      await expect.poll(() => page.locator('#terms .term').count(), WAIT).toBeGreaterThan(0);
      expect(await page.locator('#languages').textContent()).toMatch(/English.*Chinese/);
      expect(await page.locator('#sources').textContent()).toMatch(/social/);
    });

    it('gives evidence for an alert, and lets somebody say that it was seen', async () => {
      const page = await open();
      await page.getByText('Evidence').click();
      await expect.poll(() => page.locator('.evidence .term').count(), WAIT).toBeGreaterThan(0);
      expect(await page.locator('.evidence').textContent()).toMatch(
        /Negative share\d+%, usually \d+%.*social/,
      );

      await page.getByRole('button', { name: 'Acknowledge' }).click();
      expect(await page.evaluate('document.activeElement.id')).toBe('reader');
      await page.getByLabel('Your name').fill('Ada');
      await page.getByRole('button', { name: 'Acknowledge' }).click();
      await expect.poll(() => page.locator('.alert-list').textContent(), WAIT).toContain('Seen by Ada');
      expect(await page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
    });

    it('keeps alerts silent for a time, and ends that', async () => {
      const page = await open();
      await page.getByRole('button', { name: 'Silence…' }).click();
      await page.getByLabel('Which alerts').selectOption({ label: 'of every rule' });
      await page.getByLabel('For').selectOption({ index: 2 });
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByLabel('Why').fill('A launch, all hands know');
      await page.getByRole('dialog').getByRole('button', { name: 'Silence' }).click();
      const silences = page.locator('#silences li');
      await expect.poll(() => silences.count(), WAIT).toBe(1);
      expect(await silences.textContent()).toMatch(/Skylvara Air \(airline\) · every rule, until .*A launch/);
      await page.getByRole('button', { name: 'End the silence of Skylvara Air' }).click();
      await expect.poll(() => silences.count(), WAIT).toBe(0);
    });

    it('scores a text and marks the words that decided', async () => {
      const page = await open();
      await page.getByLabel('Any text').fill('Skylvara lost my bag again, what a mess');
      await page.keyboard.press('Control+Enter');
      const result = page.locator('.result');
      await expect.poll(() => result.locator('mark.for').count(), WAIT).toBeGreaterThan(0);
      expect(await result.textContent()).toMatch(/negative, \d+% sure.*Skylvara Air.*For negative: \w+ \+\d/);
    });

    it('says that it is not connected, and connects again by itself', async () => {
      const page = await open({ expected: /ERR_|EventSource/ });
      const status = page.locator('#status');
      await expect.poll(() => status.textContent(), WAIT).toMatch(/^(Live|Connected)/);
      await gate.cut();
      await expect.poll(() => status.textContent(), WAIT).toMatch(/^Not connected. Figures as of \d\d:/);
      expect(await page.locator('#posts .notice').textContent()).toMatch(/^No connection/);
      expect(await page.locator('.figures').textContent()).toMatch(/Posts\d/);
      await gate.mend();
      await expect.poll(() => status.textContent(), WAIT).toMatch(/^(Live|Connected)/);
      await expect.poll(() => page.locator('#posts .notice').isVisible(), WAIT).toBe(false);
    });

    it('can be used with the keyboard alone', async () => {
      const page = await open();
      await page.locator('.brand-list button').first().waitFor();
      const focused = () => page.evaluate('document.activeElement.textContent');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('Skip to the chart');
      await page.getByRole('searchbox').focus();
      await page.keyboard.type('flor');
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toMatch(/^Florinbank/);
      await page.keyboard.press('Enter');
      await expect
        .poll(() => page.getByRole('heading', { level: 1 }).textContent(), WAIT)
        .toMatch(/^Florinbank/);

      await page.keyboard.press('Tab');
      expect(await focused()).toBe(await page.locator('.ranges button').first().textContent());
      await page.getByRole('slider').focus();
      await page.keyboard.press('ArrowLeft');
      const read = await page.getByRole('slider').getAttribute('aria-valuetext');
      expect(read).toMatch(/\d\d:\d\d – \d\d:\d\d: \d+ posts, \d+ negative/);
      await page.keyboard.press('ArrowLeft');
      expect(await page.getByRole('slider').getAttribute('aria-valuetext')).not.toBe(read);
    });

    it('fits a phone without scrolling sideways', async () => {
      const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
      await expect.poll(() => page.locator('#terms .term').count(), WAIT).toBeGreaterThan(0);
      await page.getByText('Evidence').tap();
      await expect.poll(() => page.locator('.evidence .term').count(), WAIT).toBeGreaterThan(0);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(await seriousFaults(page)).toEqual([]);
      await page.locator('.brand-list button', { hasText: 'Quenvo' }).tap();
      await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent(), WAIT).toMatch(/^Quenvo/);
    });

    it('speaks Chinese where the browser does, and English when asked to', async () => {
      const page = await open({ locale: 'zh-CN' });
      await expect
        .poll(() => page.locator('.alert-list').textContent(), WAIT)
        .toMatch(/负面帖子 \d+ 条，预期/);
      expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
      expect(await page.getByRole('button', { name: '评分' }).count()).toBe(1);
      await page.getByRole('button', { name: 'English' }).click();
      expect(await page.locator('.alert-list').textContent()).toMatch(/negative posts, where/);
      await page.reload();
      await expect.poll(() => page.locator('#status').textContent(), WAIT).toMatch(/^(Live|Connected)/);
    });

    it.each(['light', 'dark'] as const)(
      'has no serious fault of accessibility in %s colours',
      async (colorScheme) => {
        const page = await open({ colorScheme });
        await page.getByText('Evidence').click();
        await expect.poll(() => page.locator('.evidence .term').count(), WAIT).toBeGreaterThan(0);
        await page.getByLabel('Any text').fill('What a joy, but the app crashed twice');
        await page.getByRole('button', { name: 'Score' }).click();
        await expect.poll(() => page.locator('.result .explanation').count(), WAIT).toBe(1);
        expect(await seriousFaults(page)).toEqual([]);
      },
    );
  });
}

// `make screenshots`: the page of the demo as docs/images shows it. Needs Chromium, and fonts for Chinese.
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openChromium } from './support/chromium.js';
import { startDemo } from './support/demo.js';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
/** Slow enough for a picture while the alert fires. */
const DEMO_SECONDS = 120;
const PATIENCE = { timeout: 2_000 * DEMO_SECONDS };

const [browser, demo] = await Promise.all([openChromium(), startDemo(DEMO_SECONDS)]);
try {
  demo.begin();
  const [dark, light] = await Promise.all([
    open(browser, { colorScheme: 'dark' }),
    open(browser, { colorScheme: 'light', viewport: { width: 1280, height: 1200 } }),
  ]);
  await dark.locator('.alert-list [data-state="firing"]').waitFor(PATIENCE);
  await save(dark, 'page-dark');

  await light.locator('.alert-list [data-state="resolved"]').waitFor(PATIENCE);
  await light.getByRole('button', { name: 'Pause' }).click();
  await light.getByText('Evidence').click();
  await light.getByLabel('Any text').fill('Two hours on hold, then they cut me off. Never again.');
  await light.getByRole('button', { name: 'Score' }).click();
  await light.locator('.result .explanation').waitFor();
  const negative = light.locator('.post-list > li', { has: light.locator('.label.negative') });
  await negative.first().locator('.why').click();
  await light.locator('.post-list .explanation').first().waitFor();
  await save(light, 'page-light');

  const [phone, chinese] = await Promise.all([
    open(browser, {
      viewport: { width: 390, height: 1040 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    }),
    open(browser, { locale: 'zh-CN' }),
  ]);
  await save(phone, 'page-phone');
  await save(chinese, 'page-chinese');
} finally {
  await Promise.all([browser.close(), demo.stop()]);
}

async function open(chromium: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await chromium.newContext({
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  await page.goto(`${demo.address}#brand=skylvara`);
  await page.locator('.spark').first().waitFor();
  return page;
}

async function save(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${IMAGES}${name}.png` });
}

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { demoPage } from './demo-page.js';
import { manyBrandsPage } from './many-brands-page.js';
import { CHROMIUM, openChromium } from './support/chromium.js';
import { watchVisits } from './support/visits.js';

/** One browser, and one test after the other: a browser and a worker at a time are enough for a small machine. */
describe.skipIf(CHROMIUM === undefined)('in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(() => browser?.close());

  const visit = watchVisits(() => browser);
  manyBrandsPage(visit);
  demoPage(visit);
});

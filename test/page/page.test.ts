import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { demoPage } from './demo-page.js';
import { manyBrandsPage } from './many-brands-page.js';
import { CHROMIUM, openChromium } from './support/chromium.js';
import { type Demo, startDemo } from './support/demo.js';
import { watchVisits } from './support/visits.js';

/** Its two days begin when a page is open. */
const DEMO_SECONDS = 8;

/** One browser, and one test after the other: a browser and a worker at a time are enough for a small machine. */
describe.skipIf(CHROMIUM === undefined)('in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  let demo: Demo;
  beforeAll(async () => {
    [browser, demo] = await Promise.all([openChromium(), startDemo(DEMO_SECONDS)]);
  });
  afterAll(() => Promise.all([browser?.close(), demo?.stop()]));

  const visit = watchVisits(() => browser);
  manyBrandsPage(visit);
  demoPage(visit, () => demo);
});

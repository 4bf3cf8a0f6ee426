import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where the system's own Chromium is, or Chrome; `undefined` where there is none. Nothing is downloaded. */
export const CHROMIUM = PLACES.find((place) => place !== undefined && existsSync(place));

export function openChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no Chromium here; CHROMIUM names one elsewhere');
  // Its sandbox needs rights that containers do not give; what it opens here is this repository's own page.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

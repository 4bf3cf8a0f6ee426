import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, expect } from 'vitest';

export interface VisitOptions extends BrowserContextOptions {
  /** Faults that belong to what is tested, such as a connection that is cut. */
  readonly expected?: RegExp;
}

/** Opens an address as somebody who has never been there, on a desk's screen with an English browser. */
export type Visit = (address: string, options?: VisitOptions) => Promise<Page>;

/**
 * Visits of the tests around it. A test fails by an error on the console, an exception, a dialog of the browser, or a
 * request to anybody but the page's own server.
 */
export function watchVisits(browserOf: () => Browser): Visit {
  let faults: string[] = [];
  let contexts: BrowserContext[] = [];

  afterEach(async () => {
    const found = faults;
    const open = contexts;
    [faults, contexts] = [[], []];
    await Promise.all(open.map((context) => context.close()));
    expect(found).toEqual([]);
  });

  return async (address, { expected, ...options } = {}) => {
    const context = await browserOf().newContext({
      viewport: { width: 1280, height: 900 },
      locale: 'en-GB',
      timezoneId: 'UTC',
      ...options,
    });
    contexts.push(context);
    const note = (fault: string) => expected?.test(fault) === true || faults.push(fault);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') note(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => note(String(error.stack)));
    page.on('dialog', async (dialog) => {
      note(`a dialog says ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(address).origin) note(`asks for ${request.url()}`);
    });
    await page.goto(address);
    return page;
  };
}

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A page of a new visitor, and what went wrong on it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console, exceptions, and requests to anybody but the API. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export interface Visit extends BrowserContextOptions {
  /** Faults that belong to what is tested, such as a connection that is cut. */
  readonly expected?: RegExp;
}

/** Opens an address as somebody who has never been there, on a desk's screen with an English browser. */
export async function visit(browser: Browser, address: string, options: Visit = {}): Promise<WatchedPage> {
  const { expected, ...context } = options;
  const own = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...context,
  });
  const page = await own.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  const note = (fault: string) => expected?.test(fault) === true || faults.push(fault);
  page.on(
    'console',
    (message) => message.type() === 'error' && note(`${message.text()} ${message.location().url}`),
  );
  page.on('pageerror', (error) => note(String(error.stack)));
  page.on('dialog', async (dialog) => {
    note(`a dialog says ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(address).origin)) note(`asks for ${request.url()}`);
  });
  await page.goto(address);
  return { page, faults, close: () => own.close() };
}

/** How long the page may take on a machine that does much else. */
export const WAIT = { timeout: 30_000, interval: 50 };

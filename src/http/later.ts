/** Statuses of the 4xx that say "later", not "never": too slow, too early, too often. */
const LATER = new Set([408, 425, 429]);

/** Whether a status that is no success may be another one when the same is asked later. */
export function mayPass(status: number): boolean {
  return status >= 500 || LATER.has(status);
}

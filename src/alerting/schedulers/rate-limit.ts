/** Says how many milliseconds to wait before the next turn; 0 takes it. */
export type RateLimit = (now: number) => number;

/** At most so many turns in any span of that length. */
export function createRateLimit(most: number, spanMillis: number): RateLimit {
  const taken: number[] = [];
  return (now) => {
    const oldest = taken[0];
    if (taken.length < most || oldest === undefined) {
      taken.push(now);
      return 0;
    }
    const wait = oldest + spanMillis - now;
    if (wait > 0) return wait;
    taken.shift();
    taken.push(now);
    return 0;
  };
}

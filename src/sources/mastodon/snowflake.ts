/** Bits below the milliseconds since the epoch in a number of Mastodon. */
const SEQUENCE_BITS = 16n;
const NUMBER = /^\d{1,20}$/;

/** The later of two numbers: they grow with time, in length too. */
export function laterOf(a: string | undefined, b: string): string {
  if (a === undefined || b.length > a.length) return b;
  return b.length === a.length && b > a ? b : a;
}

/** The number that is so many milliseconds earlier; of a server that counts otherwise the same. */
export function rewound(number: string, millis: number): string {
  if (!NUMBER.test(number)) return number;
  const earlier = BigInt(number) - (BigInt(millis) << SEQUENCE_BITS);
  return String(earlier > 0n ? earlier : 0n);
}

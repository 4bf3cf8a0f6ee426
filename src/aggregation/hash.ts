/**
 * A hash of 53 bits, a safe integer: bryc's cyrb53 (public domain). No secret goes into it: it spreads names evenly
 * and tells most of them apart, it does not prove that two are equal.
 */
export function hash53(text: string): number {
  let low = 0x41c6ce57;
  let high = 0xdeadbeef | 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  const mixedHigh = mix(high) ^ mixOther(low);
  const mixedLow = mix(low) ^ mixOther(high);
  return (mixedLow & 0x1fffff) * 0x1_0000_0000 + (mixedHigh >>> 0);
}

function mix(value: number): number {
  return Math.imul(value ^ (value >>> 16), 2246822507);
}

function mixOther(value: number): number {
  return Math.imul(value ^ (value >>> 13), 3266489909);
}

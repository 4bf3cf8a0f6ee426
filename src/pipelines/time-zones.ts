import type { Brand } from '../contracts/brand.js';
import type { BrandBook } from '../contracts/brand-book.js';
import type { BrandId } from '../contracts/ids.js';

/** Tells in which time zone a brand's days are, as the brands are by then; UTC for those that are not configured. */
export function timeZonesOf(book: Pick<BrandBook, 'current'>): (brand: BrandId) => string {
  let known: readonly Brand[] | undefined;
  let zones: ReadonlyMap<BrandId, string> = new Map();
  return (brand) => {
    if (known !== book.current) {
      known = book.current;
      zones = new Map(known.map(({ id, timeZone = 'UTC' }) => [id, timeZone]));
    }
    return zones.get(brand) ?? 'UTC';
  };
}

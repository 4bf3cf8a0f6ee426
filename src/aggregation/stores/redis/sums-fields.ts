import { type BrandId, brandId } from '../../../contracts/ids.js';
import { type PackedSums, packSums, SUMS_PARTS, unpackSums } from '../../packing.js';
import type { Sums } from '../../sums.js';

/**
 * In a bucket's hash a brand has a field for its numbers, `acme`, and one for each part that is not always written, such
 * as `acme|terms`. No id of a brand has a bar.
 */
export function sumsFields(brand: BrandId): readonly string[] {
  return [brand, ...SUMS_PARTS.map((part) => `${brand}|${part}`)];
}

/** Appends what has changed of a brand's sums as pairs: field, text. */
export function pushSums(into: Array<string | number>, brand: BrandId, sums: Sums): void {
  const packed = packSums(sums);
  into.push(brand, packed.numbers);
  for (const part of SUMS_PARTS) {
    const text = packed[part];
    if (text !== undefined) into.push(`${brand}|${part}`, text);
  }
}

/** Sums from the texts of `sumsFields`; `undefined` where there are none. */
export function sumsIn(texts: ReadonlyArray<string | null | undefined>): Sums | undefined {
  const [numbers, ...parts] = texts;
  if (numbers == null) return undefined;
  const packed: PackedSums = Object.assign(
    { numbers },
    ...SUMS_PARTS.map((part, i) => (parts[i] == null ? {} : { [part]: parts[i] })),
  );
  return unpackSums(packed);
}

/** The brands of a bucket's hash. */
export function brandsIn(fields: Readonly<Record<string, string>>): ReadonlyMap<BrandId, Sums> {
  const brands = new Map<BrandId, Sums>();
  for (const field of Object.keys(fields)) {
    if (field.includes('|')) continue;
    const brand = brandId(field);
    const sums = sumsIn(sumsFields(brand).map((name) => fields[name]));
    if (sums !== undefined) brands.set(brand, sums);
  }
  return brands;
}

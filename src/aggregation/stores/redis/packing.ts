import { type BrandId, brandId } from '../../../contracts/ids.js';
import { LABELS } from '../../../contracts/labels.js';
import { emptySums, type Sums } from '../../sums.js';

/** Prefixes of the sums that are counted by name. */
const BY_NAME = [
  ['source:', 'sources'],
  ['language:', 'languages'],
  ['model:', 'models'],
] as const;

/** Appends a brand's sums as pairs `brand|measure`, difference; those that do not change are left out. */
export function packSums(into: Array<string | number>, brand: BrandId, sums: Sums): void {
  const put = (measure: string, difference: number): void => {
    if (difference !== 0) into.push(`${brand}|${measure}`, difference);
  };
  put('posts', sums.posts);
  for (const label of LABELS) put(label, sums.labels[label]);
  put('polarity', sums.polarityMicros);
  put('reach', sums.reach);
  for (const [prefix, names] of BY_NAME) {
    for (const [name, count] of sums[names]) put(prefix + name, count);
  }
}

/** The brands of a bucket's hash. */
export function unpackBucket(fields: Readonly<Record<string, string>>): ReadonlyMap<BrandId, Sums> {
  const brands = new Map<BrandId, Sums>();
  for (const [field, value] of Object.entries(fields)) {
    const bar = field.indexOf('|');
    const brand = brandId(field.slice(0, bar));
    let sums = brands.get(brand);
    if (sums === undefined) {
      sums = emptySums();
      brands.set(brand, sums);
    }
    set(sums, field.slice(bar + 1), Number(value));
  }
  return brands;
}

function set(sums: Sums, measure: string, value: number): void {
  if (measure === 'posts') sums.posts = value;
  else if (measure === 'polarity') sums.polarityMicros = value;
  else if (measure === 'reach') sums.reach = value;
  else if (measure === 'negative' || measure === 'neutral' || measure === 'positive')
    sums.labels[measure] = value;
  for (const [prefix, names] of BY_NAME) {
    if (measure.startsWith(prefix)) sums[names].set(measure.slice(prefix.length), value);
  }
}

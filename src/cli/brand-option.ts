import { InvalidArgumentError, Option } from 'commander';
import { parseBrands } from '../config/load.js';
import type { Brand, BrandInput } from '../contracts/brand.js';

/** A brand of the option: it gets an id with the others. */
export type NamedBrand = Omit<BrandInput, 'id'>;

export const brandOption = (): Option =>
  new Option(
    '--brand <brand>',
    'Name=keyword,@handle,#tag; a name alone is its own keyword; may be repeated (default: `brands` of the configuration)',
  ).argParser(addBrand);

/** Parses the option's value, as commander calls it. A keyword that begins with `@` or `#` is a handle or a hashtag. */
export function addBrand(value: string, before: readonly NamedBrand[] = []): readonly NamedBrand[] {
  const split = value.indexOf('=');
  const name = (split < 0 ? value : value.slice(0, split)).trim();
  const keywords = (split < 0 ? name : value.slice(split + 1)).split(',').map((keyword) => keyword.trim());
  if (name === '' || keywords.includes(''))
    throw new InvalidArgumentError('It must be like "Skylvara Air=skylvara,@skylvara,#flyskylvara".');
  return [...before, { name, keywords }];
}

/**
 * Brands with ids that are made of their names.
 *
 * @throws SentifluxError SF_BRANDS_INVALID
 */
export function brandsWithIds(named: readonly NamedBrand[]): readonly Brand[] {
  const taken = new Set<string>();
  const brands = named.map((brand) => {
    const word = idOf(brand.name);
    let id = word;
    for (let next = 2; taken.has(id); next += 1) id = `${word}-${next}`;
    taken.add(id);
    return { ...brand, id };
  });
  return parseBrands({ brands }, '--brand');
}

/** Its Latin letters and digits; names in other scripts have none. */
function idOf(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase().replaceAll(/\p{M}/gu, '');
  return plain.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'brand';
}

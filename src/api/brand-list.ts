import type { Brand } from '../contracts/brand.js';
import { SentifluxError } from '../contracts/errors.js';
import { ALL_BRANDS, type BrandId, OTHER_BRANDS } from '../contracts/ids.js';

export interface ListedBrand {
  readonly id: BrandId;
  readonly name: string;
  /** True of `_all` and `_other`. */
  readonly builtIn: boolean;
}

/** The brands that can be asked for. */
export interface BrandList {
  readonly all: readonly ListedBrand[];
  /** @throws SentifluxError SF_API_NOT_FOUND */
  find(id: string): ListedBrand;
  /** Its id alone. */
  require(id: string): BrandId;
}

export function createBrandList(brands: readonly Brand[]): BrandList {
  const all: readonly ListedBrand[] = [
    { id: ALL_BRANDS, name: 'All posts', builtIn: true },
    ...brands.map(({ id, name }) => ({ id, name, builtIn: false })),
    { id: OTHER_BRANDS, name: 'No brand', builtIn: true },
  ];
  const byId = new Map<string, ListedBrand>(all.map((brand) => [brand.id, brand]));
  const find = (id: string): ListedBrand => {
    const found = byId.get(id);
    if (found !== undefined) return found;
    throw new SentifluxError('SF_API_NOT_FOUND', `no brand ${JSON.stringify(id.slice(0, 64))}`, {
      hint: 'GET /v1/brands lists the brands.',
    });
  };
  return { all, find, require: (id) => find(id).id };
}

import type { Brand } from '../contracts/brand.js';
import type { BrandBook } from '../contracts/brand-book.js';
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

/** @param book whose brands may be replaced while it is asked */
export function createBrandList(book: Pick<BrandBook, 'current'>): BrandList {
  let listed = listOf(book.current);
  const now = (): Listed => {
    if (listed.brands !== book.current) listed = listOf(book.current);
    return listed;
  };
  const find = (id: string): ListedBrand => {
    const found = now().byId.get(id);
    if (found !== undefined) return found;
    throw new SentifluxError('SF_API_NOT_FOUND', `no brand ${JSON.stringify(id.slice(0, 64))}`, {
      hint: 'GET /v1/brands lists the brands.',
    });
  };
  return {
    get all() {
      return now().all;
    },
    find,
    require: (id) => find(id).id,
  };
}

interface Listed {
  readonly brands: readonly Brand[];
  readonly all: readonly ListedBrand[];
  readonly byId: ReadonlyMap<string, ListedBrand>;
}

function listOf(brands: readonly Brand[]): Listed {
  const all: readonly ListedBrand[] = [
    { id: ALL_BRANDS, name: 'All posts', builtIn: true },
    ...brands.map(({ id, name }) => ({ id, name, builtIn: false })),
    { id: OTHER_BRANDS, name: 'No brand', builtIn: true },
  ];
  return { brands, all, byId: new Map(all.map((brand) => [brand.id, brand])) };
}

import { isDeepStrictEqual } from 'node:util';
import type { Brand } from '../contracts/brand.js';
import type { BrandBook, BrandsReload } from '../contracts/brand-book.js';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import { createBrandMatcher } from '../preprocess/brands.js';

export interface BrandBookOptions {
  /** The first ones. */
  readonly brands: readonly Brand[];
  /** Reads them again; rejects where they cannot be read. */
  readonly load: () => Promise<readonly Brand[]>;
  readonly logger: Logger;
}

/**
 * The brands of a worker. Others take their place only where all of them can be used; otherwise those before stay, and
 * the log says why. Two calls run one after the other, so that what was read last is in use.
 */
export function createBrandBook({ brands, load, logger }: BrandBookOptions): BrandBook {
  let current = brands;
  let last: Promise<unknown> = Promise.resolve();

  async function reload(): Promise<BrandsReload> {
    try {
      const loaded = await load();
      if (isDeepStrictEqual(loaded, current)) return { kind: 'unchanged' };
      // Names what nothing can match.
      createBrandMatcher(loaded);
      current = loaded;
    } catch (error) {
      const { code, message, hint } =
        error instanceof SentifluxError ? error : new SentifluxError('SF_BRANDS_INVALID', messageOf(error));
      logger.error({ code, reason: message, hint }, 'the brands are refused; the ones before stay in use');
      return { kind: 'refused', code, message };
    }
    logger.info({ brands: current.length }, 'other brands are in use');
    return { kind: 'replaced', brands: current.length };
  }

  return {
    get current() {
      return current;
    },
    reload() {
      const reloading = last.then(reload);
      last = reloading;
      return reloading;
    },
  };
}

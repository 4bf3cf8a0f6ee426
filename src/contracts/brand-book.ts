import type { Brand } from './brand.js';
import type { ErrorCode } from './errors.js';

/** What became of the attempt to take other brands in. */
export type BrandsReload =
  | { readonly kind: 'replaced'; readonly brands: number }
  /** They are as they were. */
  | { readonly kind: 'unchanged' }
  /** The ones before stay in use. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

/** The brands in use, which may be replaced while the worker runs. */
export interface BrandBook {
  readonly current: readonly Brand[];
  /** Reads them again; never rejects. */
  reload(): Promise<BrandsReload>;
}

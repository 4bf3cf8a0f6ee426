import type { ErrorCode } from './errors.js';
import type { ModelStamp } from './scored-post.js';

/** What became of the attempt to put another model in place of the one in use. */
export type ModelReload =
  | {
      readonly kind: 'swapped';
      readonly from: ModelStamp;
      readonly to: ModelStamp;
      /** From the first read until batches go to the new model. */
      readonly millis: number;
    }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint?: string;
      /** Still in use. */
      readonly model: ModelStamp;
    }
  /** Another swap is under way, or the worker is stopping. */
  | { readonly kind: 'busy' };

/**
 * Loads a model, checks it and puts it in place of the one in use, between two batches. Resolves when the last batch
 * of the one before has ended; never rejects.
 *
 * @param directory of the bundle; the configured one by default
 */
export type ReloadModel = (directory?: string) => Promise<ModelReload>;

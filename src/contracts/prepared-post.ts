import type { BrandId } from './ids.js';

/** A post's text made ready for the scorer. */
export interface PreparedPost {
  /** Language as told from the text (ISO 639-1), `und` where it cannot be told. */
  readonly language: string;
  /** True where the model was not trained on the language. */
  readonly unsupportedLanguage: boolean;
  /** Ids into the model's vocabulary, 1 to the model's maximum; never empty. */
  readonly tokens: Int32Array;
  /** True where the text had more tokens than the maximum: its head and its tail were kept. */
  readonly truncated: boolean;
  /** Brands that the text names, in the order of the configuration. */
  readonly brands: readonly BrandId[];
  /** 64-bit hash of the normalised text: equal texts, equal hash. 16 hexadecimal digits. */
  readonly exactFingerprint: string;
  /** 64-bit SimHash of the normalised text: similar texts differ in few bits. 16 hexadecimal digits. */
  readonly nearFingerprint: string;
  /** Up to 8 words that carry the post, most telling first. */
  readonly terms: readonly string[];
}

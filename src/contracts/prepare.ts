import type { PreparedPost } from './prepared-post.js';

/**
 * Makes a text ready for the scorer. `undefined` where nothing is left of it: spaces, invisible characters.
 *
 * @param languageHint BCP 47 tag as the source gave it; the text itself has the last word
 */
export type Prepare = (text: string, languageHint?: string) => PreparedPost | undefined;

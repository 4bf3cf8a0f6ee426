import type { Probabilities } from '../contracts/labels.js';

/**
 * Least probability of the weaker sign in a mixed post. Settled with `scripts/mixed.mjs` by what it finds: half of the
 * mixed posts, and hardly a neutral one; docs/model.md tells what else it takes for mixed. Run it for a new model.
 */
export const LEAST_WEAKER_SIGN = 0.08;

/**
 * True where a text speaks for both signs: either is more probable than neutral. A neutral text has a polarity near
 * 0 as well, but between two improbable signs.
 */
export function isMixed({ negative, neutral, positive }: Probabilities): boolean {
  const weaker = Math.min(negative, positive);
  return weaker > neutral && weaker >= LEAST_WEAKER_SIGN;
}

import { TENSOR_NAMES } from '../model/bundle.js';
import type { Network } from './network.js';
import type { Tensorflow } from './tensorflow.js';

/** Steps between two updates: the average changes slowly, and each update passes over every weight. */
const UPDATE_EVERY_STEPS = 10;
/** Share of all steps that the average looks back on. */
const HORIZON = 0.1;

/**
 * Makes a network follow another as the exponential average of its weights (Polyak & Juditsky 1992): it is
 * better than any single point of the path, most of all while the rate is still high.
 *
 * @param steps of the whole training
 * @returns to be called after each step
 */
export function averageOf(
  tf: typeof Tensorflow,
  network: Network,
  average: Network,
  steps: number,
): (step: number) => void {
  const least = Math.min(1, UPDATE_EVERY_STEPS / (HORIZON * steps));
  return (step) => {
    if (step % UPDATE_EVERY_STEPS !== 0 && step !== steps) return;
    // The first updates are a plain mean: a fixed share would keep the random weights of the start for long.
    const share = Math.max(least, UPDATE_EVERY_STEPS / (step + UPDATE_EVERY_STEPS));
    tf.tidy(() => {
      for (const name of TENSOR_NAMES) {
        const [followed, following] = [network.variables[name], average.variables[name]];
        following.assign(following.add(followed.sub(following).mul(share)));
      }
    });
  };
}

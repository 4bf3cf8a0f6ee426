import { TENSOR_NAMES, type TensorName, type Weights } from '../model/bundle.js';

/** The weights that a training begins with. */
export interface Start {
  readonly weights: Weights;
  /** Share of them, from 0 to 1, that stays in the result; 0 for a new network. */
  readonly kept: number;
}

/**
 * The mean of what a network knew and what it has learnt since: it forgets less, and does as well on the new posts or
 * nearly so (Wortsman et al. 2022).
 */
export function mixWeights({ weights, kept }: Start, learnt: Weights): Weights {
  const mixed: Record<TensorName, Float32Array> = { ...learnt };
  for (const name of TENSOR_NAMES) {
    mixed[name] = learnt[name].map((value, i) => value + kept * ((weights[name][i] ?? 0) - value));
  }
  return mixed;
}

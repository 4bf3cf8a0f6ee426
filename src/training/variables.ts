import type { Tensorflow } from './tensorflow.js';

/**
 * Tells which variables TensorFlow has made since it was called, in the order in which they were made: those of a
 * network, of its average and the moments of the optimiser together are all that a training has learnt.
 */
export function variablesSince(tf: typeof Tensorflow): () => readonly Tensorflow.Variable[] {
  const known = new Set(Object.keys(tf.engine().registeredVariables));
  return () =>
    Object.entries(tf.engine().registeredVariables)
      .filter(([name]) => !known.has(name))
      .map(([, variable]) => variable);
}

export function valuesOf(variables: readonly Tensorflow.Variable[]): readonly Float32Array[] {
  return variables.map((variable) => Float32Array.from(variable.dataSync<'float32'>()));
}

/** @param values of the same variables, as `valuesOf` gave them */
export function assignValues(
  tf: typeof Tensorflow,
  variables: readonly Tensorflow.Variable[],
  values: readonly Float32Array[],
): void {
  variables.forEach((variable, index) => {
    tf.tidy(() => variable.assign(tf.tensor(values[index] ?? new Float32Array(), variable.shape, 'float32')));
  });
}

import type { Tensorflow } from './tensorflow.js';

export interface Optimiser {
  /**
   * One step along the gradient of the loss.
   *
   * @param progress share of the training that is done, 0 to 1
   * @returns the loss before the step
   */
  step(progress: number, loss: () => Tensorflow.Scalar): number;
  dispose(): void;
}

const GRADIENT_NORM = 1;
/** Share of the steps in which the rate rises to its full value; then it falls to nothing along a cosine. */
const WARM_UP = 0.05;

/** Adam (Kingma & Ba 2015) with its gradients cut to a norm and a rate that changes with time. */
export function createOptimiser(
  tf: typeof Tensorflow,
  variables: readonly Tensorflow.Variable[],
  learningRate: number,
): Optimiser {
  // tfjs fixes the rate of an optimiser; the property is there for classes that build on it.
  class ScheduledAdam extends tf.AdamOptimizer {
    setRate(rate: number): void {
      this.learningRate = rate;
    }
  }
  const adam = new ScheduledAdam(learningRate, 0.9, 0.99, 1e-7);
  return {
    step(progress, loss) {
      adam.setRate(Math.max(learningRate * rateShareAt(progress), 1e-8));
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, [...variables]);
        const squares = Object.values(grads).map((gradient) => gradient.square().sum());
        const norm = tf.addN(squares).sqrt();
        const scale = tf.minimum(1, tf.div(GRADIENT_NORM, norm.add(1e-6)));
        adam.applyGradients(
          Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, gradient.mul(scale)])),
        );
        return value.dataSync()[0] ?? Number.NaN;
      });
    },
    dispose: () => adam.dispose(),
  };
}

function rateShareAt(progress: number): number {
  if (progress < WARM_UP) return progress / WARM_UP;
  return 0.5 * (1 + Math.cos((Math.PI * (progress - WARM_UP)) / (1 - WARM_UP)));
}

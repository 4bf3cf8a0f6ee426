import { messageOf } from '../../src/contracts/errors.js';
import { loadTensors, type Tensors } from '../../src/training/tensorflow.js';

/** TensorFlow for the tests of training; undefined, with a line that says why, where it cannot be loaded. */
export const tensors: Tensors | undefined = await loadTensors().catch((error: unknown) => {
  process.stderr.write(`tests of training are skipped: ${messageOf(error)}\n`);
  return undefined;
});

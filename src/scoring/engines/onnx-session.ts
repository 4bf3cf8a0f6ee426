import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-common';
import type { TokenBatch } from '../../contracts/token-batch.js';
import type { EngineName, Precision, ScoringEngine } from '../engine.js';

/** What a padded step adds to a score before a maximum or a softmax, so that it never counts. */
const PADDING_SCORE = -1e9;

/** An engine on a session of ONNX Runtime, native or WASM: both have the same interface. */
export function createSessionEngine(
  name: EngineName,
  precision: Precision,
  session: InferenceSession,
  TensorClass: TensorConstructor,
): ScoringEngine {
  return {
    name,
    precision,
    async score(batch) {
      const { rows, width } = batch;
      const feeds = {
        tokens: new TensorClass('int32', timeMajor(batch), [width, rows]),
        lengths: new TensorClass('int32', batch.lengths, [rows]),
        mask: new TensorClass('float32', paddingMask(batch), [width, rows, 1]),
      };
      const { logits } = await session.run(feeds);
      return floatsOf(logits);
    },
    close: () => session.release(),
  };
}

function timeMajor({ rows, width, tokens }: TokenBatch): Int32Array {
  const turned = new Int32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let step = 0; step < width; step++) turned[step * rows + row] = tokens[row * width + step] ?? 0;
  }
  return turned;
}

function paddingMask({ rows, width, lengths }: TokenBatch): Float32Array {
  const mask = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let step = lengths[row] ?? 0; step < width; step++) mask[step * rows + row] = PADDING_SCORE;
  }
  return mask;
}

function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError('the session returned no float32 logits');
  return tensor.data;
}

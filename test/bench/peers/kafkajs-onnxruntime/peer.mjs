// kafkajs with onnxruntime-node, with the settings that a session has by itself; --model says which precision.
import ort from 'onnxruntime-node';
import { run } from '../kafkajs-loop.mjs';
import { givenFlags } from '../posts.mjs';

/** What keeps padding out of a maximum and of a softmax. */
const PADDING_SCORE = -1e9;

const flags = givenFlags();
const session = await ort.InferenceSession.create(flags.model);

await run(flags, async (rows, width) => {
  const [count, size] = [rows.length, rows.length * width];
  const tokens = new Int32Array(size);
  const mask = new Float32Array(size).fill(PADDING_SCORE);
  for (const [row, ids] of rows.entries()) {
    for (const [step, id] of ids.entries()) {
      tokens[step * count + row] = id;
      mask[step * count + row] = 0;
    }
  }
  const lengths = Int32Array.from(rows, (ids) => ids.length);
  const { logits } = await session.run({
    tokens: new ort.Tensor('int32', tokens, [width, count]),
    lengths: new ort.Tensor('int32', lengths, [count]),
    mask: new ort.Tensor('float32', mask, [width, count, 1]),
  });
  return logits.data;
});

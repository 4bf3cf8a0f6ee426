// kafkajs with tfjs-node: the network as a tf.layers model, whose `predict` scores; --model is the folder of the bundle.
import tf from '@tensorflow/tfjs-node';
import { run } from '../kafkajs-loop.mjs';
import { givenFlags } from '../posts.mjs';
import { buildModel } from './network.mjs';

const flags = givenFlags();
const model = buildModel(flags.model);

await run(flags, async (rows, width) => {
  const padded = new Int32Array(rows.length * width);
  for (const [row, ids] of rows.entries()) padded.set(ids, row * width);
  const tokens = tf.tensor2d(padded, [rows.length, width]);
  const logits = model.predict(tokens, { batchSize: rows.length });
  const values = await logits.data();
  tf.dispose([tokens, logits]);
  return values;
});

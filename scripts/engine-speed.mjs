// How many posts a second the network alone scores on one core: batches of random tokens, all of one length, in rounds
// that alternate between the precisions. Prints a line for each with the least, the median and the most.
//
//   npm run build && node scripts/engine-speed.mjs [--model DIR] [--engine NAME] [--tokens N] [--rows N] [--rounds N]
import { parseArgs } from 'node:util';
import { loadBundle } from '../dist/model/bundle.js';
import { shippedModel } from '../dist/pipelines/scorer.js';
import { openEngine } from '../dist/scoring/choose-engine.js';
import { createRandom } from '../dist/training/random.js';

const SECONDS_A_ROUND = 2;

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: shippedModel() },
    engine: { type: 'string', default: 'auto' },
    tokens: { type: 'string', default: '20' },
    rows: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
  },
});
const [width, rows, rounds] = [options.tokens, options.rows, options.rounds].map(Number);

const bundle = await loadBundle(options.model);
const random = createRandom(1);
const batches = Array.from({ length: 50 }, () => ({
  rows,
  width,
  tokens: Int32Array.from({ length: rows * width }, () => Math.floor(random.next() * bundle.vocabulary.size)),
  lengths: new Int32Array(rows).fill(width),
}));

const contestants = [];
for (const precision of ['float32', 'int8']) {
  const { engine } = await openEngine({ engine: options.engine, precision }, bundle);
  contestants.push({ engine, rates: [] });
}
for (let round = -1; round < rounds; round += 1) {
  for (const { engine, rates } of contestants) {
    const rate = await postsPerSecond(engine);
    if (round >= 0) rates.push(rate); // The first one warms up.
  }
}
for (const { engine, rates } of contestants) {
  const [least, median, most] = [0, rates.length >> 1, rates.length - 1].map((at) =>
    Math.round(rates.toSorted((a, b) => a - b)[at]),
  );
  console.log(
    `${engine.name} ${engine.precision}, ${rows} posts of ${width} tokens: ${least} / ${median} / ${most} posts/s`,
  );
  await engine.close();
}

async function postsPerSecond(engine) {
  const started = performance.now();
  let posts = 0;
  for (let i = 0; performance.now() - started < 1000 * SECONDS_A_ROUND; i += 1) {
    const batch = batches[i % batches.length];
    await engine.score(batch);
    posts += batch.rows;
  }
  return (1000 * posts) / (performance.now() - started);
}

// How far a post's score depends on the posts that happen to be scored with it, for float32 and int8: scores posts
// one by one and then in random batches. Exit status 1 where a probability changes by more than 1e-5, or any label.
//
//   npm run build && node scripts/batch-dependence.mjs [--model DIR] [--engine NAME] [--precision NAME]
//     [--input FILE] [--text-field NAME] [--posts N] [--batchings N] [--seed N]
//
// Without --input the posts are those of the demo. Files are read as `sentiflux score` reads them.
import { parseArgs } from 'node:util';
import { readRecords } from '../dist/cli/records.js';
import { loadBundle } from '../dist/model/bundle.js';
import { shippedModel } from '../dist/pipelines/scorer.js';
import { createPreparer } from '../dist/preprocess/prepare.js';
import { createTokeniser } from '../dist/preprocess/tokenise.js';
import { measureBatchDependence } from '../dist/scoring/batch-dependence.js';
import { openEngine } from '../dist/scoring/choose-engine.js';
import { createRandom } from '../dist/training/random.js';

const LIMITS = { change: 1e-5, flips: 0 };

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: shippedModel() },
    engine: { type: 'string', default: 'auto' },
    precision: { type: 'string', multiple: true, default: ['float32', 'int8'] },
    input: { type: 'string', default: 'demo/posts.ndjson' },
    'text-field': { type: 'string' },
    posts: { type: 'string', default: '4000' },
    batchings: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});

const bundle = await loadBundle(options.model);
const { vocabulary, manifest } = bundle;
const prepare = createPreparer({
  tokenise: createTokeniser(vocabulary, manifest.maxTokens),
  languages: manifest.languages,
  brands: [],
});
const field = options['text-field'] ?? (options.input === 'demo/posts.ndjson' ? 'post.text' : 'text');
const posts = [];
for await (const record of readRecords({ input: options.input, textField: field })) {
  const tokens = record.kind === 'text' ? prepare(record.text)?.tokens : undefined;
  if (tokens !== undefined && posts.length < Number(options.posts)) posts.push(tokens);
}

for (const precision of options.precision) {
  const { engine } = await openEngine({ engine: options.engine, precision }, bundle);
  const { largestChange, flippedShare } = await measureBatchDependence(engine, posts, {
    batchings: Number(options.batchings),
    temperature: manifest.calibration.temperature,
    random: createRandom(Number(options.seed)).next,
  });
  const { change, flips } = LIMITS;
  const within = largestChange <= change && flippedShare <= flips;
  console.log(
    `${precision} (${engine.name}): ${posts.length} posts, ${options.batchings} batchings, largest change ${largestChange.toExponential(1)} (limit ${change}), other label ${(100 * flippedShare).toFixed(3)} % (limit ${100 * flips} %)${within ? '' : ' TOO MUCH'}`,
  );
  if (!within) process.exitCode = 1;
  await engine.close();
}

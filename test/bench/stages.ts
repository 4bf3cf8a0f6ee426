// `make bench-stages`: what each stage of a scorer thread takes of one core for a post, stage by stage, in one thread.
//
//   BENCH_POSTS=20000   posts a round
//   BENCH_ROUNDS=3      rounds of each stage after one that warms it; the median is printed
//   BENCH_INPUT=FILE    NDJSON posts instead of those beside the repository (or, without those, of the demo)
import { configSchema } from '../../src/config/schema.js';
import { type Brand, brandsFileSchema } from '../../src/contracts/brand.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import type { PreparedPost } from '../../src/contracts/prepared-post.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { loadBundle } from '../../src/model/bundle.js';
import { shippedModel } from '../../src/pipelines/scorer.js';
import { createBrandMatcher } from '../../src/preprocess/brands.js';
import { fingerprintsOf } from '../../src/preprocess/fingerprints.js';
import { createLanguageTeller } from '../../src/preprocess/language.js';
import { compose, rewrite } from '../../src/preprocess/normalise.js';
import { createPreparer } from '../../src/preprocess/prepare.js';
import { termsOf } from '../../src/preprocess/terms.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { bucketByLength } from '../../src/scoring/buckets.js';
import { openEngine } from '../../src/scoring/choose-engine.js';
import { createJsonDecoder } from '../../src/scoring/decode.js';
import { createEncoder, packOutcomes } from '../../src/scoring/encode.js';
import { makeFeed, readTexts } from './feed.js';
import { madeBrands } from './made-brands.js';
import { spreadOf } from './table.js';

const { env } = process;
const count = Number(env.BENCH_POSTS ?? 20_000);
const rounds = Number(env.BENCH_ROUNDS ?? 3);
const BATCH = 512;

const config = configSchema.parse({});
const bundle = await loadBundle(shippedModel());
const { manifest, vocabulary } = bundle;
const feed = await makeFeed(readTexts(env.BENCH_INPUT, count), count, bundle);

const records = feed.values.map((value, i) => ({
  topic: 'posts.raw',
  partition: 0,
  offset: i,
  timestamp: epochMillis(Date.now()),
  key: Buffer.from(`post-${i}`),
  value,
}));
const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, i) =>
  packRecords(records.slice(i * BATCH, (i + 1) * BATCH), assignmentEpoch(1)),
);
const decode = createJsonDecoder(config.input);
const posts = batches.flatMap((batch) =>
  Array.from({ length: batch.length }, (_, i) => {
    const decoded = decode(batch, i);
    if (decoded.kind !== 'post') throw new Error(`post ${i} of a batch is ${decoded.kind}`);
    return decoded.post;
  }),
);
const composed = posts.map(({ text }) => compose(text));
const normalised = composed.map((text) => rewrite(text));
const tokenise = createTokeniser(vocabulary, manifest.maxTokens);
const tell = createLanguageTeller(manifest.languages);
const brandsOf = (keywords: number): readonly Brand[] =>
  brandsFileSchema.parse({ brands: madeBrands(keywords / 10, 10) }).brands;
const few = createBrandMatcher(brandsOf(10));
const many = createBrandMatcher(brandsOf(10_000));
const prepare = createPreparer({ tokenise, languages: manifest.languages, brands: brandsOf(10_000) });
const prepared = posts.map(({ text, language }) => {
  const ready = prepare(text, language);
  if (ready === undefined) throw new Error('a post of the feed has no words');
  return ready;
});
const encoder = createEncoder({
  model: { version: manifest.version, engine: 'onnx', precision: 'int8' },
  lowConfidence: config.scoring.lowConfidence,
  includeText: false,
  authorKey: 'of the benchmark',
  futureToleranceMs: config.aggregation.futureToleranceMs,
  oldAfterMs: 1e12,
});
const classification = {
  label: 'negative',
  confidence: 0.71234,
  polarity: -0.61234,
  probabilities: { negative: 0.71234, neutral: 0.1876, positive: 0.10006 },
} as const;

const each = (work: (i: number) => unknown) => () => {
  for (let i = 0; i < count; i += 1) work(i);
};
const at = <Item>(items: readonly Item[], i: number): Item => {
  const item = items[i];
  if (item === undefined) throw new RangeError(`nothing at ${i}`);
  return item;
};

interface Stage {
  readonly name: string;
  /** Counts towards all that a post needs before the network. */
  readonly isBefore: boolean;
  readonly run: () => unknown;
}

function decodeAll(): void {
  for (const batch of batches) for (let i = 0; i < batch.length; i += 1) decode(batch, i);
}

const before: readonly Stage[] = (
  [
    ['decode (JSON, fields)', decodeAll],
    ['normalise: compose', each((i) => compose(at(posts, i).text))],
    ['normalise: rewrite', each((i) => rewrite(at(composed, i)))],
    ['tokenise', each((i) => tokenise(at(normalised, i)))],
    ['language', each((i) => tell(at(normalised, i)))],
    ['fingerprints (SimHash)', each((i) => fingerprintsOf(at(normalised, i)))],
    ['terms', each((i) => termsOf(at(normalised, i), at(prepared, i).language))],
    [
      'brands, 10,000 keywords',
      each((i) => many(at(composed, i), at(normalised, i), at(prepared, i).language)),
    ],
  ] as const
).map(([name, run]) => ({ name, run, isBefore: true }));

const stages: Stage[] = [
  ...before,
  {
    name: 'brands, 10 keywords',
    isBefore: false,
    run: each((i) => few(at(composed, i), at(normalised, i), at(prepared, i).language)),
  },
  {
    name: 'encode (JSON, author hash)',
    isBefore: false,
    run: () => {
      for (let start = 0; start < count; start += BATCH) {
        packOutcomes(
          posts.slice(start, start + BATCH).map((post, i) => ({
            kind: 'scored',
            post: encoder.scoredPost(post, at(prepared, start + i), classification, post.createdAt),
          })),
        );
      }
    },
  },
  {
    name: `buckets of batches of ${BATCH}`,
    isBefore: false,
    run: () => {
      for (const own of tokensOfBatches(BATCH)) bucketByLength(own);
    },
  },
];
for (const [engineName, precision] of [
  ['native', 'int8'],
  ['onnx', 'int8'],
  ['onnx', 'float32'],
  ['wasm', 'int8'],
  ['wasm', 'float32'],
] as const) {
  const { engine } = await openEngine({ engine: engineName, precision }, bundle);
  for (const size of engineName === 'wasm' ? [BATCH] : [8, 64, BATCH]) {
    stages.push({
      name: `network: ${engineName}, ${precision}, batches of ${size}`,
      isBefore: false,
      run: async () => {
        for (const own of tokensOfBatches(size)) {
          for (const { batch } of bucketByLength(own)) await engine.score(batch);
        }
      },
    });
  }
}

function* tokensOfBatches(size: number): Generator<readonly Int32Array[]> {
  const tokensOf = ({ tokens }: PreparedPost): Int32Array => tokens;
  for (let start = 0; start < count; start += size) yield prepared.slice(start, start + size).map(tokensOf);
}

const micros = new Map<Stage, number[]>(stages.map((stage) => [stage, []]));
for (let round = 0; round <= rounds; round += 1) {
  for (const stage of stages) {
    const started = process.cpuUsage();
    await stage.run();
    const { user, system } = process.cpuUsage(started);
    if (round > 0) micros.get(stage)?.push((user + system) / count);
  }
}
const median = (stage: Stage): number => spreadOf(micros.get(stage) ?? [])?.median ?? Number.NaN;
const rows = stages.map((stage) => [stage.name, median(stage).toFixed(1)]);
const sum = before.reduce((total, stage) => total + median(stage), 0);
rows.splice(before.length, 0, ['**all before the network**', `**${sum.toFixed(1)}**`]);
console.log(
  ['| stage | µs a post |', '| --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n'),
);

// What telemetry takes of the main thread for a batch of 512 posts from the poll to the settlement: processor time of the
// role `score` over streams and a scorer that do nothing.
//
//   npm run build && node scripts/telemetry-cost.mjs
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const POSTS = 512;
const BATCHES = 2_000;
const WARM_UP = 1_000;
const ROUNDS = 3;
/** Whether metrics are served, whether spans are recorded, and how many of the posts their producers have sampled. */
const MODES = {
  'nothing on': { metrics: false, traces: false, sampled: 0 },
  'metrics (the default)': { metrics: true, traces: false, sampled: 0 },
  'metrics and traces, no post sampled': { metrics: true, traces: true, sampled: 0 },
  'metrics and traces, 1 of 100 posts sampled': { metrics: true, traces: true, sampled: 0.01 },
  'metrics and traces, every post sampled': { metrics: true, traces: true, sampled: 1 },
};

const [asked] = process.argv.slice(2);
if (asked === undefined) compare();
else await measure(MODES[asked]);

/** Rounds over all modes, so that what else the machine does hits all of them; the least of each counts. */
function compare() {
  const least = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of Object.keys(MODES)) {
      const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], {
        encoding: 'utf8',
      });
      least.set(name, Math.min(Number(stdout), least.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
  for (const [name, micros] of least) console.log(`${micros.toFixed(0).padStart(6)} µs a batch: ${name}`);
}

async function measure({ metrics, traces, sampled }) {
  const { startTelemetry } = await import('../dist/telemetry/start.js');
  const { observedStreams } = await import('../dist/pipelines/observed-streams.js');
  const { startScoring } = await import('../dist/pipelines/scoring.js');
  const { configSchema } = await import('../dist/config/schema.js');
  const { packRecords } = await import('../dist/contracts/record-batch.js');
  const { silentLogger } = await import('../dist/contracts/logger.js');
  const { systemClock } = await import('../dist/contracts/clock.js');

  // Spans are made and thrown away: what sending them takes depends on where to.
  if (traces) {
    const { node, tracing } = await import('@opentelemetry/sdk-node');
    const exporter = { export: (_, done) => done({ code: 0 }), shutdown: async () => {} };
    const spanProcessors = [new tracing.BatchSpanProcessor(exporter)];
    new node.NodeTracerProvider({ spanProcessors, spanLimits: { linkCountLimit: POSTS } }).register();
  }
  await startTelemetry({ version: '0', environment: {}, prometheus: metrics, mostLinks: POSTS });

  let consumer;
  const consumption = {
    async settle(_batch, _outputs, onSent) {
      onSent?.();
      return 'settled';
    },
    assigned: () => [0],
    lag: async () => new Map([[0, 0]]),
    pause() {},
    async close() {},
  };
  const streams = {
    async consume(options) {
      consumer = options;
      return consumption;
    },
  };
  let settled = () => {};
  const role = await startScoring({
    config: configSchema.parse({}),
    streams: observedStreams(streams, { system: 'none', clock: systemClock }),
    clock: systemClock,
    logger: silentLogger,
    onFailure: (error) => {
      throw error;
    },
    score: async ({ length, bytes, boundaries, nulls }) => ({
      ...{ length, bytes, boundaries, nulls, outcomes: new Uint8Array(length), rejections: [] },
      ...{ tokens: 32 * length, prepareMillis: 1, scoreMillis: 1 },
      model: { version: '0', engine: 'onnx', precision: 'int8' },
    }),
    onSettled: () => settled(),
  });
  const records = Array.from({ length: POSTS }, (_, i) => {
    const id = (i + 1).toString(16);
    const flags = i < sampled * POSTS ? '01' : '00';
    const traceparent = Buffer.from(`00-${id.padStart(32, '0')}-${id.padStart(16, '0')}-${flags}`);
    const place = { topic: 'posts.raw', partition: 0, offset: i, timestamp: Date.now() };
    return { ...place, key: Buffer.from(id), value: Buffer.alloc(200), headers: { traceparent } };
  });
  const batch = async () => {
    const done = new Promise((resolve) => {
      settled = resolve;
    });
    consumer.onPoll?.({ startedAt: Date.now(), millis: 1 });
    consumer.onBatch(packRecords(records, 1));
    await done;
    await new Promise(setImmediate);
  };

  for (let i = 0; i < WARM_UP; i += 1) await batch();
  const before = process.cpuUsage();
  for (let i = 0; i < BATCHES; i += 1) await batch();
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / BATCHES);
  await role.stop();
  process.exit(0);
}

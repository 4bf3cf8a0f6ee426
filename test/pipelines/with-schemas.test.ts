import avro from 'avsc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import type { ScoredBatch } from '../../src/contracts/scored-batch.js';
import { openScorer } from '../../src/pipelines/scorer.js';
import { withSchemas } from '../../src/pipelines/with-schemas.js';
import { openSchemaRegistry } from '../../src/registry/schema-registry.js';
import { framed, registryServer } from '../registry/registry-server.js';
import { valuesOf } from '../scoring/batches.js';

const POST = {
  type: 'record',
  name: 'Post',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'text', type: 'string' },
  ],
} as const;
const type = avro.Type.forSchema({ ...POST, fields: [...POST.fields] });
const inAvro = (id: number, text: string): Uint8Array => framed(id, type.toBuffer({ id: text, text }));
const inProtobuf = (id: number, text: string): Uint8Array =>
  framed(id, Buffer.from([0, 0x0a, text.length]), Buffer.from(text));
const PROTO = 'syntax = "proto3"; message Post { string text = 1; }';

function batchOf(...values: ReadonlyArray<Uint8Array | null>): RecordBatch {
  return packRecords(
    values.map((value, offset) => ({
      topic: 'posts.raw',
      partition: 0,
      offset,
      timestamp: epochMillis(1_000),
      key: Buffer.from(`key-${offset}`),
      value,
    })),
    assignmentEpoch(1),
  );
}

function configured(url: string) {
  return configSchema.parse({ scoring: { threads: 1 }, input: { registry: { url, timeoutMs: 500 } } });
}

describe('posts of a schema registry', () => {
  it('are scored, each by its own schema, beside those in JSON', async () => {
    const registry = await registryServer();
    const avroId = registry.register('posts-value', { schema: JSON.stringify(POST) });
    const protobufId = registry.register('posts-value', { schema: PROTO, schemaType: 'PROTOBUF' });
    const scorer = await openScorer({ config: configured(registry.url), brands: [] });
    onTestFinished(() => scorer.close());

    // One thread: those that come while it works are scored together.
    const [first, second, third] = await Promise.all([
      scorer.scoreBatch(batchOf(inAvro(avroId, 'I love it'), inAvro(99, 'I love it'), null)),
      scorer.scoreBatch(batchOf(inProtobuf(protobufId, 'I hate it'), Buffer.from('{"text":"I hate it"}'))),
      scorer.scoreBatch(batchOf(inAvro(avroId, 'I hate it'), inProtobuf(protobufId, 'I love it'))),
    ]);
    const labelsOf = (scored: ScoredBatch) =>
      valuesOf(scored).map((value) => (value ? JSON.parse(value).label : value));
    expect(labelsOf(first)[0]).toBe('positive');
    expect(first.rejections).toMatchObject([{ index: 1, code: 'SF_POST_SCHEMA_UNKNOWN' }]);
    expect(labelsOf(second)).toEqual(['negative', 'negative']);
    expect(labelsOf(third)).toEqual(['negative', 'positive']);
    expect(registry.asked.toSorted()).toEqual(['/schemas/ids/1', '/schemas/ids/2', '/schemas/ids/99']);
  });

  it('wait while the registry cannot be asked, and are then scored', async () => {
    const server = await registryServer();
    const id = server.register('posts-value', { schema: JSON.stringify(POST) });
    server.failure = { status: 503 };
    const waits: number[] = [];
    const scored: RecordBatch[] = [];
    const score = withSchemas(noting(scored), {
      ...optionsOf(server.url),
      async wait(millis) {
        waits.push(millis);
        if (waits.length === 3) server.failure = undefined;
      },
    });
    await score(batchOf(Buffer.from('{"text":"good"}')));
    expect(waits).toEqual([]);
    await score(batchOf(inAvro(id, 'good')));
    expect(waits).toEqual([500, 1_000, 2_000]);
    expect(scored.map(({ schemas }) => schemas?.get(id)?.kind)).toEqual([undefined, 'schema']);
  });

  it('are left unscored where the worker is told to stop meanwhile', async () => {
    const scored: RecordBatch[] = [];
    const stop = new AbortController();
    const score = withSchemas(noting(scored), {
      ...optionsOf('http://127.0.0.1:9'),
      wait: async () => stop.abort(new Error('told to stop')),
    });
    await expect(score(batchOf(inAvro(1, 'good')), stop.signal)).rejects.toThrow('told to stop');
    expect(scored).toEqual([]);
  });
});

function optionsOf(url: string) {
  const clock = { now: () => epochMillis(0) };
  const registry = openSchemaRegistry(configured(url).input.registry, clock);
  if (registry === undefined) throw new Error('an address is given');
  return { registry, logger: silentLogger, random: () => 1 };
}

/** Notes what it is given, and makes nothing of it. */
function noting(batches: RecordBatch[]): (batch: RecordBatch) => Promise<ScoredBatch> {
  return async (batch) => {
    batches.push(batch);
    return {
      length: 0,
      bytes: new Uint8Array(),
      boundaries: new Uint32Array(1),
      nulls: new Uint8Array(),
      outcomes: new Uint8Array(),
      rejections: [],
      model: { version: 'none', engine: 'onnx', precision: 'int8' },
      tokens: 0,
      prepareMillis: 0,
      scoreMillis: 0,
    };
  };
}

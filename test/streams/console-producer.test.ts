import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { kafkaBrokers } from '../support/services.js';
import { freshTopic, read, textsOf } from './reader.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const { streams: defaults } = configSchema.parse({});
const jars = jarsOfKafka();

/** Kafka's own tools, which are there where `make services` runs without Docker. */
function jarsOfKafka(): string | undefined {
  const folder = process.env.KAFKA_JARS ?? '.services/jars';
  if (!existsSync(folder)) return undefined;
  // The newest: its tool speaks to older brokers too, and has other names than those of before Kafka 4.
  const newest = readdirSync(folder)
    .filter((name) => /^kafka-[\d.]+$/.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  return newest && join(folder, newest, '*');
}

/** Why Kafka's own producer cannot be tried here, if it cannot. */
function whatIsMissing(): string | undefined {
  if (kafkaBrokers === undefined) return 'no Kafka runs';
  if (jars === undefined) return "Kafka's jars are not in .services/jars, nor in KAFKA_JARS";
  if (spawnSync('java', ['-version']).status !== 0) return 'there is no java';
  return undefined;
}

/** Writes lines with Kafka's console producer: a producer that is not ours. */
function produceWithKafkasTool(topic: string, codec: string, lines: readonly string[]): Promise<void> {
  const tool = spawn(
    'java',
    [
      ...['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', jars ?? '', 'org.apache.kafka.tools.ConsoleProducer'],
      ...[
        '--bootstrap-server',
        kafkaBrokers?.join(',') ?? '',
        '--topic',
        topic,
        '--compression-codec',
        codec,
      ],
      // Batches of many blocks: by default they end at 16 KiB, within the first block of snappy and lz4.
      ...['--max-partition-memory-bytes', '900000', '--command-property', 'linger.ms=200'],
      ...['--command-property', 'max.request.size=10000000'],
    ],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  let said = '';
  tool.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  tool.stdin.end(lines.map((line) => `${line}\n`).join(''));
  return new Promise((resolve, reject) => {
    tool.on('error', reject);
    tool.on('close', (status) => (status === 0 ? resolve() : reject(new Error(said))));
  });
}

/** Notes the sizes of the batches that a codec unpacks, from here to the end of the test. */
function watchCodec(type: keyof typeof CompressionCodecs): readonly number[] {
  const sizes: number[] = [];
  const codec = CompressionCodecs[type];
  CompressionCodecs[type] = () => {
    const own = codec();
    return {
      ...own,
      async decompress(buffer: Buffer): Promise<Buffer> {
        const unpacked: Buffer = await own.decompress(buffer);
        sizes.push(unpacked.length);
        return unpacked;
      },
    };
  };
  onTestFinished(() => {
    CompressionCodecs[type] = codec;
  });
  return sizes;
}

function openKafka(): Promise<Streams> {
  const kafka = { ...defaults.kafka, brokers: kafkaBrokers ?? [] };
  return openStreams({ ...defaults, kind: 'kafka', kafka }, silentLogger);
}

// More than one block of every codec: mostly text that hardly repeats itself, and a line of a megabyte that does.
const LINES = Array.from({ length: 20_000 }, (_, i) =>
  i === 11_111 ? `${i} ${'好喝'.repeat(150_000)}` : `${i} 今天的咖啡 ${(i * 2_654_435_761) % 4_294_967_296}`,
);

describe("records of Kafka's own producer", () => {
  it.for([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
    ['zstd', CompressionTypes.ZSTD],
  ] as const)('compressed with %s are read', { timeout: 120_000 }, async ([codec, type], { skip }) => {
    const missing = whatIsMissing();
    if (missing !== undefined) skip(missing);
    const streams = await openKafka();
    onTestFinished(() => streams.close());
    const topic = await freshTopic(streams);
    await produceWithKafkasTool(topic, codec, LINES);
    // Registering the codecs is a part of opening the streams: so it is watched from here on.
    const unpacked = watchCodec(type);
    const reader = await read(streams, topic, { maxBatchRecords: 500 });
    await reader.records(LINES.length);
    const texts = textsOf(reader.batches);
    expect(texts.length).toBe(LINES.length);
    expect(texts.every((text, i) => text === LINES[i])).toBe(true);
    expect(Math.max(...unpacked)).toBeGreaterThan(500_000);
  });
});

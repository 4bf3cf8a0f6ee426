import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { openStreams } from '../../src/streams/open.js';
import { kafkaBrokers } from '../support/services.js';
import { freshTopic, read, textsOf } from './reader.js';

const { streams: defaults } = configSchema.parse({});
const jars = jarsOfKafka();

/** Kafka's own tools, which are there where `make services` runs without Docker. */
function jarsOfKafka(): string | undefined {
  const folder = process.env.KAFKA_JARS ?? '.services/jars';
  const version = existsSync(folder)
    ? readdirSync(folder).find((name) => name.startsWith('kafka-'))
    : undefined;
  return version && join(folder, version, '*');
}

/** Writes lines with Kafka's console producer: a producer that is not ours. */
function produceWithKafkasTool(topic: string, codec: string, lines: readonly string[]): Promise<void> {
  const tool = spawn(
    'java',
    [
      ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', jars ?? '', 'org.apache.kafka.tools.ConsoleProducer'],
      ...['--bootstrap-server', kafkaBrokers?.join(',') ?? '', '--topic', topic],
      ...['--compression-codec', codec, '--command-property', 'linger.ms=50'],
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

describe.skipIf(kafkaBrokers === undefined || jars === undefined)("records of Kafka's own producer", () => {
  it.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    'compressed with %s are read',
    async (codec) => {
      const streams = await openStreams(
        { ...defaults, kind: 'kafka', kafka: { ...defaults.kafka, brokers: kafkaBrokers ?? [] } },
        silentLogger,
      );
      onTestFinished(() => streams.close());
      const topic = await freshTopic(streams);
      // More than one block of every codec, and text that does not only repeat itself.
      const lines = Array.from(
        { length: 2_000 },
        (_, i) => `${i} 今天的咖啡太好喝了 ${(i * 2_654_435_761) % 4_294_967_296}`,
      );
      await produceWithKafkasTool(topic, codec, lines);
      const reader = await read(streams, topic);
      await reader.records(lines.length);
      expect(textsOf(reader.batches)).toEqual(lines);
    },
    60_000,
  );
});

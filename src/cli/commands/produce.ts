import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { silentLogger } from '../../contracts/logger.js';
import type { OutputRecord } from '../../contracts/record.js';
import { compileFieldPath, type ReadField } from '../../scoring/field-path.js';
import { openStreams } from '../../streams/open.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { openProgress } from '../progress.js';
import { lines } from '../records.js';

const RECORDS_A_REQUEST = 1_000;

interface ProduceOptions extends ConfigOption {
  readonly input: string;
  readonly topic?: string;
}

export function addProduceCommand(program: Command): void {
  program
    .command('produce')
    .description('write the lines of an NDJSON file to the topic of posts, keyed by their ids')
    .requiredOption('-i, --input <file>', 'file to read; - for standard input')
    .addOption(configOption())
    .option('--topic <name>', 'another topic (default: topics.posts)')
    .action(produce);
}

/** Lines go as they are: what is wrong with one is for the worker to say, in the dead letters. */
async function produce(options: ProduceOptions): Promise<void> {
  const config = await loadConfig(options.config, process.env);
  const topic = options.topic ?? config.topics.posts;
  const readId = compileFieldPath(config.input.fields.id);
  const size = options.input === '-' ? undefined : await sizeOf(options.input);
  const streams = await openStreams(config.streams, silentLogger);
  const progress = openProgress('bytes', size);
  try {
    const producer = await streams.producer();
    const input = (
      options.input === '-' ? process.stdin : createReadStream(options.input)
    ) as AsyncIterable<Buffer>; // Neither has an encoding set, so both give buffers.
    let sent = 0;
    let bytes = 0;
    let records: OutputRecord[] = [];
    const send = async (): Promise<void> => {
      await producer.send(records);
      sent += records.length;
      records = [];
      progress.set(bytes, `${sent} posts`);
    };
    for await (const line of lines(input)) {
      bytes += line.length + 1;
      records.push({ topic, key: keyOf(line, readId), value: line });
      if (records.length >= RECORDS_A_REQUEST) await send();
    }
    if (records.length > 0) await send();
    progress.stop();
    process.stdout.write(`${sent} posts written to ${topic}\n`);
  } finally {
    progress.stop();
    await streams.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    throw new SentifluxError('SF_INPUT_UNREADABLE', `cannot read ${file}: ${messageOf(cause)}.`, {
      hint: 'Check the path.',
      cause,
    });
  }
}

/** The post's id as the record's key, so that its revisions stay in order; none where it cannot be told. */
function keyOf(line: Buffer, readId: ReadField): Uint8Array | null {
  try {
    const id = readId(JSON.parse(line.toString('utf8')));
    return typeof id === 'string' || typeof id === 'number' ? Buffer.from(String(id)) : null;
  } catch {
    // Not JSON: the worker rejects it.
    return null;
  }
}

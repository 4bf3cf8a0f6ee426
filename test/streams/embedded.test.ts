import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { openFileLog } from '../../src/streams/embedded/file-log.js';
import { createMemoryLog } from '../../src/streams/embedded/memory-log.js';
import { createEmbeddedStreams } from '../../src/streams/embedded/streams.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const TOPIC = { name: 'posts/raw', partitions: 1, replication: 1, settings: {} };
const record = (value: string) => ({ timestamp: epochMillis(1), key: null, value: Buffer.from(value) });

describe('the log in files', () => {
  it('is there again after a restart, with what each group has read', async () => {
    const directory = temporaryFolder();
    const first = await openFileLog(directory);
    await first.create(TOPIC);
    await first.append(TOPIC.name, 0, [record('a'), record('b')]);
    await first.commit('readers', TOPIC.name, 0, 1);
    await first.close();

    const second = await openFileLog(directory);
    expect(second.describe(TOPIC.name)).toEqual(TOPIC);
    expect(second.committed('readers', TOPIC.name, 0)).toBe(1);
    expect(await second.range(TOPIC.name, 0)).toEqual({ start: 0, end: 2 });
    const [read] = await second.read(TOPIC.name, 0, 1, 10);
    expect(Buffer.from(read?.value ?? []).toString()).toBe('b');
    await second.close();
  });

  it('drops half a line that a crash has left, and goes on behind the last whole one', async () => {
    const directory = temporaryFolder();
    const log = await openFileLog(directory);
    await log.create(TOPIC);
    await log.append(TOPIC.name, 0, [record('whole')]);
    await log.close();
    const folder = readdirSync(directory).find((name) => name.startsWith('posts')) ?? '';
    appendFileSync(join(directory, folder, '0.ndjson'), '{"timestamp":2,"key":nu');

    const again = await openFileLog(directory);
    await again.append(TOPIC.name, 0, [record('next')]);
    expect(await again.range(TOPIC.name, 0)).toEqual({ start: 0, end: 2 });
    const records = await again.read(TOPIC.name, 0, 0, 10);
    expect(records.map(({ value }) => Buffer.from(value ?? []).toString())).toEqual(['whole', 'next']);
    await again.close();
  });

  it('keeps nothing of deleted records, and another process sees that they are gone', async () => {
    const directory = temporaryFolder();
    const log = await openFileLog(directory);
    await log.create(TOPIC);
    await log.append(TOPIC.name, 0, [record('secret one'), record('secret two'), record('kept')]);
    const other = await openFileLog(directory);
    expect(await other.range(TOPIC.name, 0)).toEqual({ start: 0, end: 3 });
    await log.deleteBefore(TOPIC.name, 0, 2);

    const folder = readdirSync(directory).find((name) => name.startsWith('posts')) ?? '';
    const content = readFileSync(join(directory, folder, '0.ndjson'), 'utf8');
    expect(content).not.toContain('secret');
    expect(content.split('\n')).toHaveLength(4);
    expect(await other.read(TOPIC.name, 0, 0, 10)).toEqual([]);
    expect(await other.range(TOPIC.name, 0)).toEqual({ start: 2, end: 3 });
    await other.append(TOPIC.name, 0, [record('written by the other')]);
    expect(await log.range(TOPIC.name, 0)).toEqual({ start: 2, end: 4 });
    const records = await log.read(TOPIC.name, 0, 2, 10);
    expect(records.map(({ value }) => String(value && Buffer.from(value)))).toEqual([
      'kept',
      'written by the other',
    ]);
    await log.close();
    await other.close();
  });

  it('names the line that is not a record', async () => {
    const directory = temporaryFolder();
    const log = await openFileLog(directory);
    await log.create(TOPIC);
    await log.append(TOPIC.name, 0, [record('whole')]);
    const folder = readdirSync(directory).find((name) => name.startsWith('posts')) ?? '';
    appendFileSync(join(directory, folder, '0.ndjson'), '{"timestamp":"yesterday"}\n');
    await expect(log.read(TOPIC.name, 0, 0, 10)).rejects.toMatchObject({
      code: 'SF_INPUT_UNREADABLE',
      message: expect.stringMatching(/^line 2 of .*0\.ndjson is not a record/),
    });
    await log.close();
  });

  it('shows what another process has written', async () => {
    const directory = temporaryFolder();
    const [writer, reader] = [await openFileLog(directory), await openFileLog(directory)];
    await writer.create(TOPIC);
    expect(await reader.range(TOPIC.name, 0)).toEqual({ start: 0, end: 0 });
    await writer.append(TOPIC.name, 0, [record('from outside')]);
    expect(await reader.range(TOPIC.name, 0)).toEqual({ start: 0, end: 1 });
    await writer.close();
    await reader.close();
  });

  it('says what to do where the folder cannot be used', async () => {
    const directory = temporaryFolder();
    appendFileSync(join(directory, 'file'), '');
    await expect(openFileLog(join(directory, 'file'))).rejects.toMatchObject({
      code: 'SF_STREAM_UNREACHABLE',
    });
  });
});

describe('the log in memory', () => {
  it('keeps a bounded number of records and reports the gap to a reader that comes too late', async () => {
    const log = createMemoryLog(10);
    const streams = createEmbeddedStreams(log);
    await streams.topics().create([TOPIC]);
    await log.commit('readers', TOPIC.name, 0, 2);
    const producer = await streams.producer();
    await producer.send(
      Array.from({ length: 25 }, (_, i) => ({ topic: TOPIC.name, key: null, value: Buffer.from(String(i)) })),
    );
    const { start } = await log.range(TOPIC.name, 0);
    const gap = await new Promise((resolve, reject) => {
      void streams.consume({
        topic: TOPIC.name,
        group: 'readers',
        from: 'earliest',
        maxBatchRecords: 10,
        maxInFlight: { records: 100, bytes: 1_000 },
        onBatch: () => {},
        onGap: resolve,
        onFailure: reject,
      });
    });
    expect(start).toBeGreaterThan(2);
    expect(gap).toEqual({ partition: 0, from: 2, to: start });
    await streams.close();
  });
});

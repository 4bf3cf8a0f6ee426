import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Format, type InputRecord, lines, readRecords } from '../../src/cli/records.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function read(
  content: string | Uint8Array,
  options: { name?: string; format?: Format; textField?: string } = {},
): Promise<InputRecord[]> {
  const input = join(temporaryFolder(), options.name ?? 'input');
  writeFileSync(input, content);
  return collect(readRecords({ input, format: options.format, textField: options.textField ?? 'text' }));
}

describe('plain text', () => {
  it('is a record a line, whatever ends the line', async () => {
    expect(await read('good\r\nbad\n\nfine')).toEqual([
      { line: 1, kind: 'text', text: 'good' },
      { line: 2, kind: 'text', text: 'bad' },
      { line: 3, kind: 'text', text: '' },
      { line: 4, kind: 'text', text: 'fine' },
    ]);
  });

  it('has no record where the file is empty', async () => {
    expect(await read('')).toEqual([]);
  });

  it('reports a line that is not UTF-8 in its place', async () => {
    const records = await read(Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a, 0x62]));
    expect(records.map(({ kind }) => kind)).toEqual(['text', 'unreadable', 'text']);
    expect(records[1]).toMatchObject({ line: 2, code: 'SF_POST_NOT_UTF8' });
  });

  it('ignores a byte order mark', async () => {
    expect(await read('\u{feff}good')).toEqual([{ line: 1, kind: 'text', text: 'good' }]);
  });
});

describe('NDJSON', () => {
  it('gives text, id and language', async () => {
    expect(await read('{"id":7,"text":"很好","language":"zh"}\n', { name: 'posts.ndjson' })).toEqual([
      { line: 1, id: '7', kind: 'text', text: '很好', language: 'zh' },
    ]);
  });

  it('is told from its first character where the name says nothing', async () => {
    expect(await read(' {"text":"good"}')).toEqual([{ line: 1, kind: 'text', text: 'good' }]);
  });

  it('finds a text further down', async () => {
    const [record] = await read('{"post":{"body":"good"}}', { textField: 'post.body' });
    expect(record).toMatchObject({ text: 'good' });
  });

  it.each([
    ['{"text":', 'SF_POST_NOT_JSON'],
    ['["text"]', 'SF_POST_NOT_JSON'],
    ['null', 'SF_POST_NOT_JSON'],
    ['', 'SF_POST_NOT_JSON'],
    ['{"text":5}', 'SF_POST_NO_TEXT'],
    ['{"body":"good"}', 'SF_POST_NO_TEXT'],
    ['{"__proto__":{"text":"good"}}', 'SF_POST_NO_TEXT'],
  ])('says in its place why %j cannot be read', async (line, code) => {
    const records = await read(`{"text":"a"}\n${line}\n{"text":"b"}`, { format: 'ndjson' });
    expect(records[1]).toMatchObject({ line: 2, kind: 'unreadable', code });
    expect(records[2]).toMatchObject({ line: 3, text: 'b' });
  });
});

describe('CSV', () => {
  it('follows RFC 4180: quotes, commas, doubled quotes and line breaks in a cell', async () => {
    expect(await read('id,text\r\n1,"so, ""good"""\r\n2,"two\r\nlines"\r\n', { name: 'posts.csv' })).toEqual([
      { line: 1, id: '1', kind: 'text', text: 'so, "good"' },
      { line: 2, id: '2', kind: 'text', text: 'two\r\nlines' },
    ]);
  });

  it('keeps the other records where one is short or not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from('id,text\n1\n2,'),
      Buffer.from([0xff]),
      Buffer.from('\n3,good\n'),
    ]);
    const records = await read(bytes, { format: 'csv' });
    expect(records.map((record) => (record.kind === 'text' ? record.text : record.code))).toEqual([
      'SF_POST_NO_TEXT',
      'SF_POST_NOT_UTF8',
      'good',
    ]);
  });

  it('names the columns where the one of the text is not among them', async () => {
    await expect(read('id,body\n1,good\n', { format: 'csv' })).rejects.toMatchObject({
      code: 'SF_INPUT_UNREADABLE',
      message: expect.stringContaining('["id","body"]'),
    });
  });

  it('ends with an error, not a hang, where a quote is never closed', async () => {
    await expect(read('id,text\n1,"good\n', { format: 'csv' })).rejects.toMatchObject({
      code: 'SF_INPUT_UNREADABLE',
    });
  });
});

describe('TSV', () => {
  it('takes quotes as they are', async () => {
    expect(await read('text\tid\n"good" he said\t1\n', { name: 'posts.tsv' })).toEqual([
      { line: 1, id: '1', kind: 'text', text: '"good" he said' },
    ]);
  });
});

describe('a file that is not there', () => {
  it('is named', async () => {
    await expect(collect(readRecords({ input: '/no/such/file', textField: 'text' }))).rejects.toMatchObject({
      code: 'SF_INPUT_UNREADABLE',
      message: expect.stringContaining('/no/such/file'),
    });
  });
});

describe('lines', () => {
  it('do not depend on how the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll(/[\r\n]/g, '')),
          { maxLength: 8 },
        ),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (texts, cuts) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const chunks: Buffer[] = [];
          for (let start = 0, i = 0; start < bytes.length; i += 1) {
            const size = cuts[i % cuts.length] ?? 1;
            chunks.push(bytes.subarray(start, start + size));
            start += size;
          }
          const read = await collect(lines(Readable.from(chunks, { objectMode: true })));
          expect(read.map((line) => line.toString())).toEqual(texts);
        },
      ),
    );
  });
});

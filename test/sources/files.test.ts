import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { openSource, type SourceRequest } from '../../src/pipelines/open-source.js';
import { createInputSource } from '../../src/sources/files/input-source.js';
import { splitRecords } from '../../src/sources/files/split-records.js';
import type { Source } from '../../src/sources/port.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { eventsOf, readAll, readUntil, told } from './batches.js';

type FileRequest = Extract<SourceRequest, { readonly input: string }>;

const open = (request: Partial<FileRequest> & Pick<FileRequest, 'input'>): Source => {
  const { sources, input } = configSchema.parse({ sources: { files: { pollMs: 10 } } });
  return openSource(
    { kind: 'ndjson', follow: false, fields: {}, source: 'forum', ...request },
    { sources, input },
  );
};

function file(name: string, content: string | Buffer): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

const line = (id: number | string, text = `post ${id}`): string => `${JSON.stringify({ id, text })}\n`;

describe('a file of NDJSON', () => {
  it('gives a post for each line, as the topic of posts would have it', async () => {
    const input = file(
      'posts.ndjson',
      `${JSON.stringify({
        id: 'a1',
        text: 'Skylvara lost my bag',
        author: 'ann',
        createdAt: '2026-11-28T12:00:00Z',
        updatedAt: '2026-11-28T12:05:00Z',
        language: 'en',
        url: 'https://example.com/1',
        replyTo: 'a0',
        reach: 12,
      })}\n`,
    );
    expect(eventsOf(await readAll(open({ input })))).toEqual([
      {
        kind: 'post',
        post: {
          id: 'a1',
          source: 'forum',
          text: 'Skylvara lost my bag',
          author: 'ann',
          createdAt: Date.UTC(2026, 10, 28, 12),
          updatedAt: Date.UTC(2026, 10, 28, 12, 5),
          language: 'en',
          url: 'https://example.com/1',
          replyTo: 'a0',
          reach: 12,
        },
      },
    ]);
  });

  it('has its fields where the request says', async () => {
    const input = file('posts.ndjson', `${JSON.stringify({ post: { key: 7, body: 'hello' } })}\n`);
    const batches = await readAll(open({ input, fields: { id: 'post.key', text: 'post.body' } }));
    expect(eventsOf(batches)).toMatchObject([{ post: { id: '7', text: 'hello' } }]);
  });

  it('gives a line without an id one by its place, the same each time', async () => {
    const input = file('posts.ndjson', '{"text":"one"}\n{"text":"two"}\n');
    const ids = eventsOf(await readAll(open({ input }))).map((event) => Object(event).post.id);
    expect(ids).toEqual(['ndjson:posts.ndjson:0', 'ndjson:posts.ndjson:15']);
  });

  it('deletes a post where a line says so', async () => {
    const input = file(
      'posts.ndjson',
      '{"id":7,"deleted":true}\n{"id":8,"text":"deleted","deleted":false}\n',
    );
    expect(told(await readAll(open({ input })))).toEqual(['- 7', 'deleted']);
  });

  it('goes on after lines that are no posts, and says which', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"id":1}\n[1]\n{"id":\n'),
      Buffer.from([0xff, 0x0a]),
      Buffer.from(line(2)),
    ]);
    expect(told(await readAll(open({ input: file('posts.ndjson', bad) })))).toEqual([
      'SF_POST_NO_TEXT',
      'SF_POST_NOT_JSON',
      'SF_POST_NOT_JSON',
      'SF_POST_NOT_UTF8',
      'post 2',
    ]);
  });

  it('goes on after a line of megabytes', async () => {
    const input = file('posts.ndjson', line(1, 'x'.repeat(3_000_000)) + line(2));
    expect(told(await readAll(open({ input })))).toEqual(['SF_POST_TOO_LARGE', 'post 2']);
  });

  it('is read on from its cursor', async () => {
    const input = file('posts.ndjson', line(1) + line(2));
    const cursor = (await readAll(open({ input }))).at(-1)?.cursor;
    expect(await readAll(open({ input }), cursor)).toEqual([]);
    appendFileSync(input, line(3));
    expect(told(await readAll(open({ input }), cursor))).toEqual(['post 3']);
  });

  it('is read from its start, with a warning, where it is shorter than its cursor', async () => {
    const input = file('posts.ndjson', line(1) + line(2));
    const cursor = (await readAll(open({ input }))).at(-1)?.cursor;
    writeFileSync(input, line(3));
    const batches = await readAll(open({ input }), cursor);
    expect(told(batches)).toEqual(['post 3']);
    expect(batches[0]?.gap).toEqual({ from: 'posts.ndjson:50', to: 'posts.ndjson:0' });
  });

  it('waits for the rest of a line that is being written, where it is followed', async () => {
    const input = file('posts.ndjson', `${line(1)}{"id":2,"text":"po`);
    let appended = false;
    const batches = await readUntil(open({ input, follow: true }), (read) => {
      if (!appended && told(read).length === 1) {
        appendFileSync(input, 'st 2"}\n');
        appended = true;
      }
      return told(read).length === 2;
    });
    expect(told(batches)).toEqual(['post 1', 'post 2']);
  });

  it('cannot be read where it is not there, and has no cursor of another file', async () => {
    const input = file('posts.ndjson', line(1));
    const cursor = (await readAll(open({ input }))).at(-1)?.cursor;
    await expect(readAll(open({ input: `${input}.not` }))).rejects.toMatchObject({
      code: 'SF_INPUT_UNREADABLE',
    });
    const other = file('other.ndjson', line(1));
    await expect(readAll(open({ input: other }), cursor)).rejects.toMatchObject({
      code: 'SF_SOURCE_CURSOR_INVALID',
    });
    await expect(readAll(open({ input }), '1795867200000000')).rejects.toMatchObject({
      code: 'SF_SOURCE_CURSOR_INVALID',
    });
  });
});

describe('a folder', () => {
  it('is read in the order of the names of its files, others left alone, and on as it grows', async () => {
    const input = temporaryFolder();
    const write = (name: string, content: string): void => writeFileSync(join(input, name), content);
    write('2026-11-27.ndjson', line(1));
    write('2026-11-28.ndjson', line(2));
    write('notes.txt', line('no'));
    mkdirSync(join(input, 'old'));
    const growth = [
      () => appendFileSync(join(input, '2026-11-28.ndjson'), line(3)),
      () => write('2026-11-29.jsonl', line(4)),
    ];
    const batches = await readUntil(open({ input, follow: true }), (read) => {
      const { length } = told(read);
      // Each step once all that was there before it is read.
      if (length === 4 - growth.length) growth.shift()?.();
      return length === 4;
    });
    expect(told(batches)).toEqual(['post 1', 'post 2', 'post 3', 'post 4']);
  });

  it('goes on where files that are read have been taken away', async () => {
    const input = temporaryFolder();
    writeFileSync(join(input, 'a.ndjson'), line(1));
    const cursor = (await readAll(open({ input }))).at(-1)?.cursor;
    rmSync(join(input, 'a.ndjson'));
    writeFileSync(join(input, 'b.ndjson'), line(2));
    expect(told(await readAll(open({ input }), cursor))).toEqual(['post 2']);
  });
});

describe('a CSV file', () => {
  const csv = (content: string | Buffer) => open({ kind: 'csv', input: file('posts.csv', content) });

  it('has names of columns in its first row, and texts over several lines', async () => {
    const source = csv(
      '\uFEFFid,text,createdAt,reach\r\n1,"He said ""no"",\nand left",1795867200,12\r\n2,short,,\r\n',
    );
    expect(eventsOf(await readAll(source))).toMatchObject([
      {
        post: { id: '1', text: 'He said "no",\nand left', createdAt: Date.UTC(2026, 10, 28, 12), reach: 12 },
      },
      { post: { id: '2', text: 'short' } },
    ]);
  });

  it('is read on from its cursor by the names of its first row', async () => {
    const input = file('posts.csv', 'id,text\n1,one\n');
    const request = { kind: 'csv', input } as const;
    const cursor = (await readAll(open(request))).at(-1)?.cursor;
    appendFileSync(input, '2,two\n');
    expect(told(await readAll(open(request), cursor))).toEqual(['two']);
  });

  it('goes on after rows that are none, with too few cells, or with too many', async () => {
    const rows = Buffer.concat([
      Buffer.from('id,text\n1,a"b\n2\n3,three,more\n'),
      Buffer.from([0x34, 0x2c, 0xff, 0x0a]),
    ]);
    expect(told(await readAll(csv(rows)))).toEqual([
      'SF_SOURCE_MALFORMED',
      'SF_POST_NO_TEXT',
      'three',
      'SF_POST_NOT_UTF8',
    ]);
  });

  it('goes on after a quote that never ends', async () => {
    const source = csv(`id,text\n1,"${'x'.repeat(1_100_000)}\n2,two\n`);
    expect(told(await readAll(source))).toEqual(['SF_POST_TOO_LARGE', 'two']);
  });

  it('cannot be read where its first row is no text', async () => {
    await expect(readAll(csv(Buffer.from([0xff, 0x0a])))).rejects.toMatchObject({
      code: 'SF_INPUT_UNREADABLE',
    });
  });
});

describe('standard input', () => {
  /** Whose lines are all no posts, and say where they are. */
  const sourceOf = (input: Readable): Source =>
    createInputSource(
      {
        name: 'ndjson',
        format: 'ndjson',
        numbers: new Set(),
        decode: (_, place) => ({ kind: 'rejected', code: 'SF_POST_NO_ID', message: `its place is ${place}` }),
      },
      input,
    );

  it('has no cursor, and no places that could be ids', async () => {
    const input = Readable.from([Buffer.from(line(1)), Buffer.from('{"text":"none"}\n')]);
    const batches = await readAll(sourceOf(input));
    expect(batches.map(({ cursor }) => cursor)).toEqual([undefined, undefined]);
    expect(eventsOf(batches).map((event) => Object(event).message)).toEqual([
      'standard input at byte 0: its place is undefined',
      'standard input at byte 25: its place is undefined',
    ]);
  });

  it('ends when it is told to stop, though it is still open', async () => {
    const input = new PassThrough();
    input.write(line(1));
    expect(await readUntil(sourceOf(input), () => true)).toHaveLength(1);
  });

  it('tells what has broken it off', async () => {
    const input = new PassThrough();
    input.destroy(new Error('EIO'));
    await expect(readAll(sourceOf(input))).rejects.toMatchObject({ code: 'SF_INPUT_UNREADABLE' });
  });
});

describe('cutting into records', () => {
  it('gives the same records however a file comes in chunks, with the places where they start and end', async () => {
    const content = fc.array(fc.constantFrom('a', '"', ',', '\n', '\r\n', 'é', 'xyz'), { maxLength: 40 });
    const cut = async (bytes: Buffer, size: number, quoted: boolean) => {
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const found = [];
      for await (const records of splitRecords(chunks(), { from: 0, quoted, mostBytes: 30 }))
        found.push(...records);
      return found;
    };
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (parts, size, quoted) => {
        const bytes = Buffer.from(parts.join(''));
        const whole = await cut(bytes, bytes.length + 1, quoted);
        expect(await cut(bytes, size, quoted)).toEqual(whole);
        for (const record of whole) {
          const { start, end, isEnded } = record;
          const own = bytes.subarray(start, isEnded ? end - 1 : end).toString();
          if (record.bytes !== undefined) expect(record.bytes.toString()).toBe(own.replace(/\r$/, ''));
        }
      }),
    );
  });
});

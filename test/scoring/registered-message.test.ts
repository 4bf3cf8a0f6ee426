import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import type { RegisteredSchema } from '../../src/contracts/registered-schema.js';
import { createDecoder, createJsonDecoder } from '../../src/scoring/decode.js';
import { createRegisteredReader } from '../../src/scoring/registered-message.js';
import { framed } from '../registry/registry-server.js';

const RECORD_TIME = Date.UTC(2026, 0, 2, 3, 4, 5);
const { input } = configSchema.parse({ input: { fields: { author: ['author', 'author.handle'] } } });

function schema(
  format: 'avro' | 'protobuf' | 'json',
  text: string | object,
  references: ReadonlyArray<{ name: string; text: string }> = [],
): RegisteredSchema {
  return { kind: 'schema', format, text: typeof text === 'string' ? text : JSON.stringify(text), references };
}

const batchOf = (value: Uint8Array) =>
  packRecords(
    [
      {
        topic: 'posts.raw',
        partition: 0,
        offset: 0,
        timestamp: epochMillis(RECORD_TIME),
        key: Buffer.from('key'),
        value,
      },
    ],
    assignmentEpoch(1),
  );

/** What a value with a frame of schema 7 is decoded to. */
function decode(registered: RegisteredSchema | undefined, ...payload: readonly Uint8Array[]) {
  const batch = batchOf(framed(7, ...payload));
  const schemas = new Map(registered === undefined ? [] : [[7, registered]]);
  return createDecoder(input, createRegisteredReader())({ ...batch, schemas }, 0);
}

const AVRO_POST = {
  type: 'record',
  name: 'Post',
  namespace: 'com.example',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'text', type: 'string' },
    { name: 'author', type: ['null', 'string'], default: null },
    { name: 'createdAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'reach', type: ['long', 'null'], default: 0 },
  ],
};

describe('a post in Avro', () => {
  it('is read from its bytes', () => {
    // Zig-zag varints, texts behind their lengths, a union behind its branch.
    const payload = Buffer.from([0x54, 0x08, ...Buffer.from('good'), 0x02, 0x06, ...Buffer.from('ann')]);
    const rest = Buffer.from([0x80, 0xe4, 0xcb, 0xca, 0xef, 0x66, 0x00, 0x54]);
    expect(decode(schema('avro', AVRO_POST), payload, rest)).toEqual({
      kind: 'post',
      post: {
        id: '42',
        source: 'unknown',
        text: 'good',
        author: 'ann',
        createdAt: 1_767_323_040_000,
        updatedAt: 1_767_323_040_000,
        reach: 42,
      },
    });
  });

  it('is what its producer wrote, whatever that is', () => {
    const type = avro.Type.forSchema({
      type: 'record',
      name: 'Post',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'text', type: 'string' },
        { name: 'reach', type: 'long' },
      ],
    });
    const registered = schema('avro', type.schema());
    const posts = fc.record({
      id: fc.string({ minLength: 1, maxLength: 20 }).filter((id) => id.trim() !== ''),
      text: fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== ''),
      reach: fc.nat(),
    });
    fc.assert(
      fc.property(posts, (post) => {
        expect(decode(registered, type.toBuffer(post))).toMatchObject({ kind: 'post', post });
      }),
    );
  });

  it('keeps every digit of an id that no number holds', () => {
    const id = { type: 'record', name: 'P', fields: [AVRO_POST.fields[0], AVRO_POST.fields[1]] };
    const payload = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x08]);
    expect(decode(schema('avro', id), payload, Buffer.from('good'))).toMatchObject({
      post: { id: '9223372036854775807' },
    });
  });

  it.each([
    ['timestamp-millis', 1_767_323_040_000n],
    ['timestamp-micros', 1_767_323_040_000_000n],
    ['timestamp-nanos', 1_767_323_040_000_000_000n],
  ])('may have a time of the kind %s', (logicalType, value) => {
    const time = { name: 'createdAt', type: { type: 'long', logicalType } };
    const text = { type: 'record', name: 'P', fields: [time, AVRO_POST.fields[1]] };
    const payload = Buffer.concat([zigZag(value), Buffer.from([0x08]), Buffer.from('good')]);
    expect(decode(schema('avro', text), payload)).toMatchObject({ post: { createdAt: 1_767_323_040_000 } });
  });

  it('may be of schemas that refer to others', () => {
    const author = {
      type: 'record',
      name: 'com.example.Author',
      fields: [{ name: 'handle', type: 'string' }],
    };
    const post = {
      type: 'record',
      name: 'com.example.Post',
      fields: [
        { name: 'text', type: 'string' },
        { name: 'author', type: 'com.example.Author' },
      ],
    };
    const references = [{ name: 'com.example.Author', text: JSON.stringify(author) }];
    const registered = schema('avro', post, references);
    const payload = Buffer.from([0x08, ...Buffer.from('good'), 0x06, ...Buffer.from('ann')]);
    const { input: byHandle } = configSchema.parse({ input: { fields: { author: 'author.handle' } } });
    const batch = { ...batchOf(framed(7, payload)), schemas: new Map([[7, registered]]) };
    expect(createDecoder(byHandle, createRegisteredReader())(batch, 0)).toMatchObject({
      post: { id: 'key', text: 'good', author: 'ann' },
    });
  });
});

const PROTO = `
  syntax = "proto3";
  package com.example;
  import "google/protobuf/timestamp.proto";
  import "google/protobuf/wrappers.proto";
  import "author.proto";
  message Envelope {
    message Head { string text = 1; }
    message Post {
      int64 id = 1;
      string text = 2;
      google.protobuf.Timestamp createdAt = 3;
      Author author = 4;
      google.protobuf.DoubleValue reach = 5;
      map<string, string> tags = 6;
    }
  }
  message Simple { string text = 1; }
`;
const AUTHOR = {
  name: 'author.proto',
  text: 'syntax = "proto3"; package com.example; message Author { string handle = 1; }',
};

describe('a post in Protobuf', () => {
  const registered = schema('protobuf', PROTO, [AUTHOR]);

  it('is the message that its path names', () => {
    const text = Buffer.from([0x0a, 0x04, ...Buffer.from('good')]);
    // [1]: the second message of the file.
    expect(decode(registered, Buffer.from([0x02, 0x02]), text)).toMatchObject({ post: { text: 'good' } });
    // [0, 0]: the first one in the first.
    expect(decode(registered, Buffer.from([0x04, 0x00, 0x00]), text)).toMatchObject({
      post: { text: 'good' },
    });
  });

  it('is the first message of the file where the path is a single zero', () => {
    const simple = schema('protobuf', 'syntax = "proto3"; message Post { string text = 1; }');
    const text = Buffer.from([0x0a, 0x04, ...Buffer.from('good')]);
    expect(decode(simple, Buffer.from([0x00]), text)).toMatchObject({ post: { text: 'good' } });
  });

  it('may hold 64 bits, instants, wrappers, other messages and maps', () => {
    const payload = Buffer.from([
      ...[0x08, ...Array(8).fill(0xff), 0x7f],
      ...[0x12, 0x04, ...Buffer.from('good')],
      ...[0x1a, 0x06, 0x08, 0xe0, 0xf6, 0xdc, 0xca, 0x06],
      ...[0x22, 0x05, 0x0a, 0x03, ...Buffer.from('ann')],
      ...[0x2a, 0x09, 0x09, 0, 0, 0, 0, 0, 0, 0x45, 0x40],
      ...[0x32, 0x06, 0x0a, 0x01, 0x61, 0x12, 0x01, 0x62],
    ]);
    const { input: byHandle } = configSchema.parse({ input: { fields: { author: 'author.handle' } } });
    const value = framed(7, Buffer.from([0x04, 0x00, 0x02]), payload);
    const batch = { ...batchOf(value), schemas: new Map([[7, registered]]) };
    expect(createDecoder(byHandle, createRegisteredReader())(batch, 0)).toMatchObject({
      kind: 'post',
      post: {
        id: '9223372036854775807',
        text: 'good',
        createdAt: 1_767_324_512_000,
        author: 'ann',
        reach: 42,
      },
    });
  });

  it.each([
    ['names no message of the file', [0x02, 0x12]],
    ['breaks off', [0x02]],
    ['is far too long', [0xfe, 0xff, 0xff, 0xff, 0x0f]],
    ['is of a negative length', [0x01]],
  ])('is rejected where its path %s', (_, path) => {
    expect(decode(registered, Buffer.from(path))).toMatchObject({ code: 'SF_POST_NOT_OF_SCHEMA' });
  });
});

describe('a post with a JSON schema', () => {
  it('is the JSON behind the frame', () => {
    const text = Buffer.from('{"id":"a","text":"good"}');
    expect(decode(schema('json', '{"type":"object"}'), text)).toMatchObject({
      post: { id: 'a', text: 'good' },
    });
  });
});

describe('a value that names a schema', () => {
  it.each([
    [undefined, 'the value names schema 7: it did not come with the batch'],
    [{ kind: 'unknown', message: 'nobody has it' } as const, 'the value names schema 7: nobody has it'],
  ])('is rejected where there is none', (registered, message) => {
    expect(decode(registered)).toEqual({ kind: 'rejected', code: 'SF_POST_SCHEMA_UNKNOWN', message });
  });

  it.each([
    schema('avro', '{"type":"recrod"}'),
    schema('avro', 'no JSON'),
    schema('protobuf', 'message {'),
    schema('protobuf', 'syntax = "proto3"; message A { Missing m = 1; }'),
  ])('is rejected where the schema is none: %j', (registered) => {
    expect(decode(registered, Buffer.from([0]))).toMatchObject({ code: 'SF_POST_SCHEMA_UNKNOWN' });
  });

  it.each([
    ['breaks off', schema('avro', AVRO_POST), [0x54, 0x08, 0x61]],
    ['goes on', schema('avro', '"string"'), [0x02, 0x61, 0x61]],
    ['is no record', schema('avro', '"string"'), [0x02, 0x61]],
    ['is no JSON', schema('json', '{}'), [0x7b]],
    ['is not UTF-8', schema('json', '{}'), [0x22, 0xff, 0x22]],
  ])('is rejected where it %s', (_, registered, payload) => {
    expect(decode(registered, Buffer.from(payload))).toMatchObject({ code: 'SF_POST_NOT_OF_SCHEMA' });
  });

  it('never throws, whatever its bytes are', () => {
    const readers = [schema('avro', AVRO_POST), schema('protobuf', PROTO, [AUTHOR]), schema('json', '{}')];
    fc.assert(
      fc.property(fc.constantFrom(...readers), fc.uint8Array({ maxLength: 60 }), (registered, payload) => {
        expect(['post', 'rejected']).toContain(decode(registered, payload).kind);
      }),
    );
  });

  it('is taken for JSON where no registry is configured, and where it is shorter than a frame', () => {
    const value = framed(7, Buffer.from('{}'));
    expect(createJsonDecoder(input)(batchOf(value), 0)).toMatchObject({ code: 'SF_POST_NOT_JSON' });
    const decoder = createDecoder(input, createRegisteredReader());
    expect(decoder(batchOf(Buffer.from([0, 0, 0, 1])), 0)).toMatchObject({ code: 'SF_POST_NOT_JSON' });
  });

  it('may stand beside JSON', () => {
    const decoder = createDecoder(input, createRegisteredReader());
    expect(decoder(batchOf(Buffer.from('{"text":"good"}')), 0)).toMatchObject({ post: { text: 'good' } });
  });
});

function zigZag(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value * 2n;
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}

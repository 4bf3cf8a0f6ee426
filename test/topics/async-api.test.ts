import specifications from '@asyncapi/specs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncApi } from '../../src/cli/async-api.js';
import { configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis, postId } from '../../src/contracts/ids.js';
import { postMessageSchema } from '../../src/contracts/post-message.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { postRecord } from '../../src/pipelines/post-record.js';
import { cursorTopic, topicSpecs } from '../../src/pipelines/topics.js';
import { createJsonDecoder } from '../../src/scoring/decode.js';

const document = z
  .looseObject({
    channels: z.record(z.string(), z.looseObject({ address: z.string() })),
    components: z.object({ messages: z.record(z.string(), z.looseObject({ payload: z.unknown() })) }),
  })
  .parse(JSON.parse(JSON.stringify(asyncApi())));

describe('the AsyncAPI document', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const check = ajv.compile(z.looseObject({}).parse(specifications.schemasWithoutId['3.0.0']));

  it('is one, by the JSON Schema of AsyncAPI', () => {
    const errors = check(document) ? [] : check.errors;
    expect(errors?.map(({ instancePath, message }) => [instancePath, message])).toEqual([]);
    expect(check({ ...document, operations: { read: { action: 'read' } } })).toBe(false);
  });

  it('names every topic that the worker and its sources use', () => {
    const { topics } = configSchema.parse({});
    const made = [...topicSpecs(topics), cursorTopic(topics)].map(({ name }) => name);
    const named = Object.values(document.channels).map(({ address }) => address);
    expect(named.toSorted()).toEqual(made.toSorted());
  });

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const path of references) {
      const found = path
        .split('/')
        .reduce<unknown>((node, key) => z.record(z.string(), z.unknown()).parse(node)[key], document);
      expect(found, path).toBeDefined();
    }
  });
});

describe('the schema of posts', () => {
  const decode = createJsonDecoder(configSchema.parse({}).input);
  const decoded = (message: unknown) => {
    const record = {
      topic: 'posts.raw',
      partition: 0,
      offset: 0,
      timestamp: epochMillis(1),
      key: Buffer.from('key'),
      value: Buffer.from(JSON.stringify(message)),
    };
    return decode(packRecords([record], assignmentEpoch(0)), 0);
  };
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((text) => text.trim() !== ''),
    fc.maxSafeInteger(),
  );
  const message = fc.record(
    {
      id: name,
      text: fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.trim() !== ''),
      author: name,
      replyTo: name,
      createdAt: fc.oneof(
        fc
          .date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
          .map((date) => date.toISOString()),
        fc.integer({ min: 1, max: 4_000_000_000 }),
      ),
      reach: fc.nat(),
      language: fc.constantFrom('en', 'zh-Hans'),
    },
    { requiredKeys: ['text'] },
  );

  it('lets nothing through that the worker rejects', () => {
    fc.assert(
      fc.property(message, (post) => {
        expect(postMessageSchema.safeParse(post).success).toBe(true);
        expect(decoded(post)).toMatchObject({ kind: 'post', post: { text: post.text } });
      }),
    );
  });

  it.each([[{}], [{ text: '  ' }], [{ text: 'good', id: '' }], [{ text: 'good', id: 'x'.repeat(600) }]])(
    'refuses %j, as the worker does',
    (post) => {
      expect(postMessageSchema.safeParse(post).success).toBe(false);
      expect(decoded(post).kind).toBe('rejected');
    },
  );

  it('knows what sources write', () => {
    const time = epochMillis(1_768_478_400_000);
    const { value } = postRecord('posts.raw', {
      id: postId('a'),
      source: 'forum',
      text: 'good',
      author: 'ann',
      createdAt: time,
      updatedAt: epochMillis(time + 1),
      language: 'en',
      url: 'https://example.com/a',
      replyTo: 'b',
      reach: 3,
    });
    const written: unknown = JSON.parse(String(Buffer.from(value ?? [])));
    expect(postMessageSchema.strict().parse(written)).toEqual(written);
  });
});

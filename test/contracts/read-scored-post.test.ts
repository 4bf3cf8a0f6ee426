import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABELS } from '../../src/contracts/labels.js';
import { FLAGS } from '../../src/contracts/post.js';
import { readQuickly, readScoredPost } from '../../src/contracts/read-scored-post.js';
import { scoredPostSchema } from '../../src/contracts/scored-post.js';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const fingerprint = fc.stringMatching(/^[0-9a-f]{16}$/);
const probability = fc.double({ min: 0, max: 1, noNaN: true });
const time = fc
  .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31T23:59:59.999Z') })
  .map((date) => date.toISOString());

/** As a worker writes it, and as later versions may: with flags and fields that this one does not know. */
const result = fc.record(
  {
    v: fc.constant(1),
    id: fc.string({ unit: 'grapheme', minLength: 1 }),
    revision: fc.maxSafeInteger(),
    createdAt: time,
    source: text,
    language: text,
    brands: fc.array(text, { maxLength: 3 }),
    label: fc.constantFrom(...LABELS),
    probabilities: fc.record({ negative: probability, neutral: probability, positive: probability }),
    polarity: fc.double({ min: -1, max: 1, noNaN: true }),
    confidence: probability,
    flags: fc.array(fc.oneof(fc.constantFrom<string>(...FLAGS), text), { maxLength: 3 }),
    terms: fc.array(text, { maxLength: 8 }),
    fingerprints: fc.record({ exact: fingerprint, near: fingerprint }),
    authorHash: text,
    url: text,
    replyTo: text,
    reach: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    text,
    unheardOf: fc.jsonValue(),
    model: fc.record({
      version: fc.string({ minLength: 1 }),
      engine: fc.constantFrom('onnx', 'tfjs-node', 'wasm'),
      precision: fc.constantFrom('float32', 'int8'),
    }),
  },
  {
    requiredKeys: [
      ...([
        'v',
        'id',
        'revision',
        'createdAt',
        'source',
        'language',
        'brands',
        'label',
        'probabilities',
      ] as const),
      ...(['polarity', 'confidence', 'flags', 'terms', 'fingerprints', 'model'] as const),
    ],
  },
);

/** What is nearly right, for each kind of field, beside any value at all. */
const wrong = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    '',
    0,
    -0,
    2,
    -1.5,
    1.0000001,
    2 ** 53,
    Number.POSITIVE_INFINITY,
    [],
    {},
    true,
  ),
  fc.constantFrom(
    '2026-02-30T00:00:00Z',
    '2026-01-15T12:00:00+01:00',
    '2026-01-15',
    '2026-01-15T12:00:00Z\n',
  ),
  fc.constantFrom('0123456789abcdeF', '0123456789abcdef\n', '0123456789abcde', 'Negative', 'truncated'),
  fc.array(fc.oneof(text, fc.integer()), { maxLength: 10 }),
);

/** Sets, or takes away, what lies at a path. */
function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value));
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

const path = fc.oneof(
  fc.constantFrom(...Object.keys(scoredPostSchema.shape)).map((key) => [key]),
  fc.constantFrom(...LABELS).map((label) => ['probabilities', label]),
  fc.constantFrom('exact', 'near').map((key) => ['fingerprints', key]),
  fc.constantFrom('version', 'engine', 'precision').map((key) => ['model', key]),
);

/** Infinity comes out of JSON as `1e999`; what has no JSON is left out. */
const asParsed = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one) => (one === Number.POSITIVE_INFINITY ? '∞' : one)),
    (_, one) => (one === '∞' ? Number.POSITIVE_INFINITY : one),
  );

function expectAsSchema(value: unknown): void {
  const { success, data } = scoredPostSchema.safeParse(value);
  if (success) expect(readScoredPost(value)).toStrictEqual(data);
  else expect(() => readScoredPost(value)).toThrow(TypeError);
}

describe('reading a result', () => {
  it('makes of every result what the schema makes of it, without asking the schema', () => {
    fc.assert(
      fc.property(result.map(asParsed), (value) => {
        expect(readQuickly(value)).toStrictEqual(scoredPostSchema.parse(value));
      }),
    );
  });

  it('takes and refuses what the schema does where one field is something else, or missing', () => {
    fc.assert(
      fc.property(result, path, fc.option(wrong, { nil: undefined }), (value, at, to) => {
        expectAsSchema(asParsed(changed(value, at, to)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes and refuses what the schema does of any JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), expectAsSchema));
  });

  it('tells which field is wrong', () => {
    expect(() => readScoredPost({ v: 1, id: '' })).toThrow('id: ');
  });

  it('is not deceived by fields of the prototype', () => {
    const value = JSON.parse('{"__proto__": {"v": 1, "id": "p"}, "v": 1}');
    expect(() => readScoredPost(value)).toThrow(TypeError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent, sampledContext } from '../../src/contracts/trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((text) => /[^0]/.test(text));

describe('a traceparent', () => {
  it('is read as the standard says', () => {
    expect(parseTraceparent(VALID)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.isSampled).toBe(false);
    // Of a later version what is known is read, whatever follows.
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes`)?.isSampled).toBe(true);
  });

  it.each([
    ['', 'nothing'],
    ['00', 'a version alone'],
    [`ff-${TRACE}-${SPAN}-01`, 'the version that is none'],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, 'no trace'],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, 'no span'],
    [VALID.toUpperCase(), 'capital letters'],
    [`${VALID}-more`, 'more than version 00 has'],
    [`${VALID}\n`, 'a line'],
    [VALID.slice(0, -1), 'half of it'],
    [`cc-${TRACE}-${SPAN}-01-${'x'.repeat(10_000)}`, 'what is too long to look at'],
  ])('%j is none: %s', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it('says the same after it was written and read', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isSampled) => {
        const context = { traceId, spanId, isSampled };
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
      }),
    );
  });

  it('is never a reason to throw, whoever wrote it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (traceparent) => {
        expect(sampledContext({ traceparent })).toBeUndefined();
      }),
    );
  });
});

describe('the context of a record', () => {
  it('is there where it is sampled', () => {
    expect(sampledContext({ traceparent: Buffer.from(VALID) })).toMatchObject({ traceId: TRACE });
    expect(sampledContext({ traceparent: Buffer.from(`00-${TRACE}-${SPAN}-00`) })).toBeUndefined();
    for (const flags of ['00', '02', 'fe', '0a']) {
      expect(sampledContext({ traceparent: Buffer.from(`00-${TRACE}-${SPAN}-${flags}`) })).toBeUndefined();
    }
    for (const flags of ['01', '03', 'ff', '0b']) {
      expect(sampledContext({ traceparent: Buffer.from(`00-${TRACE}-${SPAN}-${flags}`) })).toBeDefined();
    }
    expect(sampledContext({})).toBeUndefined();
    expect(sampledContext(undefined)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSeries } from '../../src/cli/series-file.js';

const counts = { least: 0, most: Number.POSITIVE_INFINITY, needsPosts: false };
const shares = { least: 0, most: 1, needsPosts: true };
const parse = (content: string, range = counts) => parseSeries(content, 'series.csv', range);

describe('a series', () => {
  it('is read with either kind of time, and those without a zone are UTC', () => {
    const { points, intervalMillis } = parse(
      'timestamp,value\n2026-03-01 00:00:00,5\n2026-03-01T00:05:00Z,0\n2026-03-01T01:10:00+01:00,7.5\n',
    );
    const start = Date.UTC(2026, 2, 1);
    expect(points).toEqual([
      { start, value: 5 },
      { start: start + 300_000, value: 0 },
      { start: start + 600_000, value: 7.5 },
    ]);
    expect(intervalMillis).toBe(300_000);
  });

  it('is the same with a byte order mark, with CRLF, and with other columns', () => {
    const { header, rows, points } = parse(
      '\ufeffid,Timestamp,"value"\r\na,2026-03-01,5\r\nb,2026-03-02,6\r\n\r\n',
    );
    expect(header).toBe('id,Timestamp,"value"');
    expect(rows).toEqual(['a,2026-03-01,5', 'b,2026-03-02,6']);
    expect(points.map(({ value }) => value)).toEqual([5, 6]);
  });

  it('may have gaps, and times that are a little off', () => {
    const { intervalMillis, points } = parse(
      'timestamp,value\n2026-03-01 00:00:00,1\n2026-03-01 00:01:00,1\n2026-03-01 00:02:03,1\n2026-03-01 00:03:03,1\n2026-03-01 05:00:00,1',
    );
    expect(intervalMillis).toBe(60_000);
    expect(points).toHaveLength(5);
  });

  it('names the posts that a share is of', () => {
    expect(parse('timestamp,value,posts\n2026-03-01,0.25,40', shares).points).toEqual([
      { start: Date.UTC(2026, 2, 1), value: 0.25, posts: 40 },
    ]);
  });

  it.each([
    ['', /line 1: the header is ""/],
    ['time,value\n', /line 1: the header is "time,value"/],
    ['timestamp,value\n', /has no rows/],
    ['timestamp,value\n2026-03-01,1\nyesterday,1', /line 3: "yesterday" is no time/],
    ['timestamp,value\n2026-13-01,1', /line 2: "2026-13-01" is no time/],
    ['timestamp,value\n1772323200,1', /line 2: "1772323200" is no time/],
    ['timestamp,value\n2026-03-01,1\n\n2026-03-03,1', /line 3 has 1 cells, not 2/],
    ['timestamp,value\n2026-03-01,many', /line 2: the value is "many"/],
    ['timestamp,value\n2026-03-01,', /line 2: the value is ""/],
    ['timestamp,value\n2026-03-01,-1', /line 2: the value is "-1"/],
    ['timestamp,value\n2026-03-01,NaN', /line 2: the value is "NaN"/],
    ['timestamp,value\n2026-03-02,1\n2026-03-01,1', /line 3: 2026-03-01T00:00:00.000Z is not later/],
    ['timestamp,value\n2026-03-01,1\n2026-03-01,1', /line 3: .* is not later/],
    [
      'timestamp,value\n2026-03-01 00:00,1\n2026-03-01 01:00,1\n2026-03-01 02:00,1\n2026-03-01 02:30,1',
      /line 5: .* is between two intervals of 3600 s/,
    ],
  ])('%j is refused by its line', (content, message) => {
    expect(() => parse(content)).toThrow(message);
    expect(() => parse(content)).toThrow(expect.objectContaining({ code: 'SF_INPUT_UNREADABLE' }));
  });

  it('refuses shares outside of 0 to 1, or without their posts', () => {
    expect(() => parse('timestamp,value,posts\n2026-03-01,1.5,40', shares)).toThrow(/line 2: the value/);
    expect(() => parse('timestamp,value,posts\n2026-03-01,0.5,', shares)).toThrow(/line 2: posts is ""/);
    expect(() => parse('timestamp,value\n2026-03-01,0.5', shares)).toThrow(/line 1/);
  });

  it('is read or refused, whatever stands in the file', () => {
    const line = fc.oneof(fc.string(), fc.constant('2026-03-01 00:00:00,1'), fc.constant('timestamp,value'));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          expect(parse(lines.join('\n')).points.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SF_INPUT_UNREADABLE' });
        }
      }),
    );
  });
});

import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../../src/api/csv.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { bookOf, windowsOf } from './support/fakes.js';
import { alert, minute, NOON, ORBIT, TIDEPOOL } from './support/posts.js';
import { openApi } from './support/server.js';

const MINUTE = 60_000;

describe('comma-separated values', () => {
  const field = (text: string) => toCsv({ text: (row: string) => row }, [text]).slice('text\r\n'.length);

  it('begin with the names of the columns', () => {
    expect(toCsv({ a: () => 1, b: () => true, c: () => undefined }, [0])).toBe('a,b,c\r\n1,true,\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '=HYPERLINK("http://x","y")'])(
    'make no formula of %j',
    (text) => {
      expect(field(text)).toMatch(/^"?'/);
    },
  );

  it('leave numbers below zero what they are', () => {
    expect(toCsv({ n: (n: number) => n }, [-0.5])).toBe('n\r\n-0.5\r\n');
  });

  it('are read again as they were written, whatever stands in them', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(texts, (written) => {
        const csv = toCsv({ text: (row: string) => row, end: () => 'x' }, written);
        const read = parse(csv, { from: 2, record_delimiter: '\r\n' }) as string[][];
        expect(read).toEqual(
          written.map((text) => [/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text, 'x']),
        );
      }),
      { numRuns: 10 },
    );
  });
});

describe('a spreadsheet', () => {
  const windows = () =>
    windowsOf(
      [minute(ORBIT, NOON - MINUTE), minute(TIDEPOOL, NOON - MINUTE, { posts: 0, complete: false })],
      epochMillis(NOON),
    );
  const header = 'brand,start,end,posts,negative,neutral,positive,polarity,reach,complete,final';

  it.each([
    ['/v1/brands/orbit/windows?from=2026-03-01T11:58:00Z&fill=true&format=csv', 'orbit-1m'],
    ['/v1/windows?brands=orbit&from=2026-03-01T11:58:00Z&fill=true&format=csv', 'windows-1m'],
  ])('gets windows from %s', async (url, name) => {
    const api = await openApi({ windows: windows() });
    const answer = await api.inject(url);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="${name}.csv"`);
    expect(answer.body.split('\r\n')).toEqual([
      header,
      'orbit,2026-03-01T11:58:00.000Z,2026-03-01T11:59:00.000Z,0,0,0,0,,0,true,false',
      'orbit,2026-03-01T11:59:00.000Z,2026-03-01T12:00:00.000Z,10,3,5,2,-0.08,0,true,true',
      '',
    ]);
  });

  it('may ask by its Accept header, and a format goes before that', async () => {
    const api = await openApi({ windows: windows() });
    const ask = async (accept: string, query = '') => {
      const answer = await api.inject({ url: `/v1/windows?brands=orbit${query}`, headers: { accept } });
      return String(answer.headers['content-type']).split(';', 1).join('');
    };
    expect(await ask('text/csv')).toBe('text/csv');
    expect(await ask('text/csv, application/json;q=0.5')).toBe('text/csv');
    expect(await ask('application/json, text/csv')).toBe('application/json');
    expect(await ask('*/*')).toBe('application/json');
    expect(await ask('text/csv', '&format=json')).toBe('application/json');
  });

  it('gets comparisons', async () => {
    const api = await openApi({ windows: windows() });
    const { body } = await api.inject('/v1/compare?brands=orbit,tidepool&tier=1m&format=csv');
    expect(body.split('\r\n').slice(1)).toEqual([
      'orbit,Orbit Phones,10,3,5,2,0.3,0.5,0.2,-0.08,0,1,true',
      'tidepool,Tidepool 潮池,0,3,5,2,,,,,0,0,false',
      '',
    ]);
  });

  it('gets alerts, and no formula that somebody has signed with', async () => {
    const alerts = bookOf([alert({ acknowledgement: { by: '=cmd|" /C calc"!A1', at: epochMillis(NOON) } })]);
    const api = await openApi({ alerts });
    const { body } = await api.inject('/v1/alerts?format=csv');
    const [row] = parse(body, { columns: true }) as Record<string, string>[];
    expect(row).toMatchObject({
      brand: 'orbit',
      rule: 'negative-spike',
      state: 'firing',
      fired_at: '2026-03-01T12:00:00.000Z',
      resolved_at: '',
      observed: '40',
      expected: '4',
      acknowledged_by: `'=cmd|" /C calc"!A1`,
    });
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOON, scoredPost } from '../aggregation/posts.js';
import { poisson, seededRandom } from '../alerting/feeds.js';
import { run } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DAY = 288;
const START = Date.UTC(2026, 2, 2);

/** A header and a row for each five minutes: three days at some 20 posts, with an hour of ten times that. */
function seriesCsv(windows = 3 * DAY): string {
  const random = seededRandom(4);
  const rows = Array.from({ length: windows }, (_, index) => {
    const isSurge = index >= 700 && index < 712;
    const time = new Date(START + index * 300_000).toISOString().slice(0, 19).replace('T', ' ');
    return `${time},${poisson(isSurge ? 200 : 20, random)}`;
  });
  return ['timestamp,value', ...rows, ''].join('\n');
}

function file(name: string, content: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

describe('sentiflux backtest --series', { timeout: 60_000 }, () => {
  it('gives the rows back with a score, and marks the one that fires', async () => {
    const csv = seriesCsv();
    const { status, stdout, stderr } = await run(['backtest', '--series', file('s.csv', csv)]);
    expect(status).toBe(0);
    expect(stderr).toBe('864 rows, 1 alerts.\n');
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toBe('timestamp,value,anomaly_score,alert');
    expect(rows.map((row) => row.split(',').slice(0, 2).join(','))).toEqual(
      csv.trimEnd().split('\n').slice(1),
    );
    const cells = rows.map((row) => row.split(',').slice(2).map(Number));
    expect(cells.flatMap(([, alert], index) => (alert === 1 ? [index] : []))).toEqual([700]);
    for (const [index, [score = Number.NaN]] of cells.entries()) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      if (index < 700) expect(score).toBeLessThan(0.5);
    }
  });

  it('never looks ahead: a shorter file gives the same rows', async () => {
    const all = await run(['backtest', '--series', file('s.csv', seriesCsv())]);
    const part = await run(['backtest', '--series', file('s.csv', seriesCsv(705))]);
    expect(all.stdout.startsWith(part.stdout)).toBe(true);
  });

  it('writes a file and a drawing where it is told', async () => {
    const folder = temporaryFolder();
    const [output, plot] = [join(folder, 'out.csv'), join(folder, 'out.svg')];
    const args = ['--series', file('s.csv', seriesCsv()), '--output', output, '--plot', plot];
    expect(await run(['backtest', ...args, '--rule', 'negative-count'])).toMatchObject({
      status: 0,
      stdout: '',
    });
    expect(readFileSync(output, 'utf8').match(/,1$/gm)).toHaveLength(1);
    const svg = readFileSync(plot, 'utf8');
    expect(svg).toContain('<title>s.csv: negative-count at medium sensitivity</title>');
    expect(svg.match(/class="fired"/g)).toHaveLength(1);
  });

  it('reads shares with the posts that they are of', async () => {
    const random = seededRandom(5);
    const rows = Array.from({ length: DAY + 3 }, (_, index) => {
      const negative = poisson(index < DAY ? 20 : 60, random);
      const time = new Date(START + index * 300_000).toISOString();
      return `${time},${negative / 100},100`;
    });
    const series = file('s.csv', ['timestamp,value,posts', ...rows].join('\n'));
    const { stdout } = await run(['backtest', '--series', series, '--rule', 'negative-share']);
    const fired = stdout.split('\n').findIndex((row) => row.endsWith(',1'));
    expect(fired).toBeGreaterThan(DAY);
  });

  it('says which line it cannot read', async () => {
    const series = file('s.csv', 'timestamp,value\n2026-03-01,1\n2026-03-02,x\n');
    const { status, stderr } = await run(['backtest', '--series', series]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/SF_INPUT_UNREADABLE .*s\.csv, line 3: the value is "x"/);
  });

  it('wants one input', async () => {
    expect(await run(['backtest'])).toMatchObject({ status: 2 });
    expect(await run(['backtest', '--series', 'a.csv', '--posts', 'b.ndjson'])).toMatchObject({ status: 2 });
    expect((await run(['backtest', '--series', '/nowhere.csv'])).stderr).toContain('SF_INPUT_UNREADABLE');
  });
});

describe('sentiflux backtest --posts', { timeout: 60_000 }, () => {
  it('replays scored posts through windows and rules, in any order, and tells what would have fired', async () => {
    const random = seededRandom(6);
    const posts = Array.from({ length: DAY }, (_, window) => {
      const negative = poisson(window >= 200 && window < 206 ? 30 : 2, random);
      return Array.from({ length: negative + 4 }, (_, i) => ({
        ...scoredPost({
          id: `${window}-${i}`,
          at: window * 300_000 + Math.floor(random() * 300_000),
          label: i < negative ? 'negative' : 'positive',
          brands: ['acme'],
        }),
        authorHash: `author-${window}-${i}`,
      }));
    }).flat();
    const lines = posts.toReversed().map((post) => JSON.stringify(post));
    const { status, stdout, stderr } = await run([
      'backtest',
      '--posts',
      file('posts.ndjson', [...lines, '{"no":"post"}', ''].join('\n')),
    ]);
    expect(status).toBe(0);
    expect(stderr).toBe(`${posts.length} posts, 1 lines that are none, 1 alerts.\n`);
    const [firing = '', resolved = '', ...more] = stdout.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(firing).toMatch(/ firing {4}acme negative-surge: \d+ where [\d.]+ were expected, p = /);
    expect(resolved).toMatch(/ resolved {2}acme negative-surge: calm, peak \d+$/);
    const firedAt = Date.parse(firing.slice(0, 24));
    expect(firedAt).toBeGreaterThan(NOON + 200 * 300_000);
    expect(firedAt).toBeLessThanOrEqual(NOON + 203 * 300_000);
  });

  it('refuses a file without any', async () => {
    const { status, stderr } = await run(['backtest', '--posts', file('p.ndjson', 'hello\n')]);
    expect(status).toBe(2);
    expect(stderr).toContain('SF_INPUT_UNREADABLE');
  });
});

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const node = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9, columnNumber: 0, scriptId: '1' },
  hitCount: 0,
  children,
});

/** `score` calls `run` of a package; a sample each 10 ms. */
const profile = (samples: readonly number[], startTime = 0) => ({
  startTime,
  nodes: [
    node(1, '(root)', '', [2, 4, 5]),
    node(2, 'score<T>', 'file:///home/me/sentiflux/dist/scoring/thread.js', [3]),
    node(3, 'run', 'file:///home/me/sentiflux/node_modules/@scope/engine/dist/lib/index.js'),
    node(4, '(idle)', ''),
    node(5, '', 'node:net'),
  ],
  samples,
  timeDeltas: samples.map(() => 10_000),
});

function draw(profiles: Readonly<Record<string, object>>, skip = 0): string {
  const folder = temporaryFolder();
  const files = Object.entries(profiles).map(([name, content]) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  });
  const output = join(folder, 'flame.svg');
  const { status, stderr } = spawnSync(process.execPath, [
    'scripts/flame-graph.mjs',
    ...['--output', output, '--title', 'Scoring & more', '--skip', String(skip), ...files],
  ]);
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return readFileSync(output, 'utf8');
}

const titles = (svg: string): readonly string[] =>
  [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => title ?? '');

describe('a flame graph', () => {
  it('has the share of each function with what it called, of all threads, without the time that they waited', () => {
    const svg = draw({
      'CPU.20260101.000000.12.0.001.cpuprofile': profile([5, 4, 4, 4, 1]),
      'CPU.20260101.000000.12.1.002.cpuprofile': profile([2, 3, 1]),
      'CPU.20260101.000000.12.2.003.cpuprofile': profile([3, 1]),
    });
    expect(titles(svg)).toEqual([
      'all: 100.0 %',
      'other threads: 75.0 %',
      'score&lt;T&gt; scoring/thread.js:10: 75.0 %',
      'run @scope/engine/…/index.js:10: 50.0 %',
      'main thread: 25.0 %',
      '(anonymous) node:net: 25.0 %',
    ]);
    expect(svg).toContain('Scoring &amp; more');
    expect(svg).toContain('0.0 s in all threads');
    expect(svg).not.toContain('/home/me');
  });

  it('leaves out what took less than a two-thousandth', () => {
    const samples = Array.from({ length: 10_000 }, (_, i) => (i < 4 ? 5 : 2));
    expect(titles(draw({ 'CPU.20260101.000000.12.0.001.cpuprofile': profile(samples) }))).toEqual([
      'all: 100.0 %',
      'main thread: 100.0 %',
      'score&lt;T&gt; scoring/thread.js:10: 100.0 %',
    ]);
  });

  it('leaves out what was before, by the one clock of all threads', () => {
    const svg = draw(
      {
        'CPU.20260101.000000.12.0.001.cpuprofile': profile([5, 5, 2, 2, 1], 1_000_000),
        'CPU.20260101.000000.12.1.002.cpuprofile': profile([3, 3, 1], 1_020_000),
      },
      0.025,
    );
    expect(titles(svg)).toContain('run @scope/engine/…/index.js:10: 50.0 %');
    expect(titles(svg)).not.toContain('(anonymous) node:net: 50.0 %');
  });

  it('tells how it is used', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/flame-graph.mjs']);
    expect(status).toBe(2);
    expect(stderr.toString()).toMatch(/^usage: /);
  });
});

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const run = (...options: readonly string[]) =>
  spawnSync(process.execPath, ['scripts/capacity.mjs', ...options], { encoding: 'utf8' });

/** The cells of the row that begins so. */
function row(text: string, name: string): readonly string[] {
  const line = text.split('\n').find((own) => own.startsWith(`| ${name}`)) ?? '';
  return line.split(' | ').slice(1).join('|').replace(/ \|$/, '').split('|');
}

describe('the capacity that is reckoned', () => {
  it('is as many workers, cells and partitions as the costs ask for', () => {
    // A worker of two cores does 20,000 posts/s, an aggregator 50,000 and a Redis 100,000.
    const costs = [
      '--load',
      '1',
      '--score',
      '100',
      '--aggregate',
      '20',
      '--redis',
      '10',
      '--horizon-hours',
      '0',
    ];
    const { stdout, status } = run(...costs, '--brands', '1', '--close', '1');
    expect(status).toBe(0);
    expect(row(stdout, 'cells')).toEqual(['1', '1', '10']);
    expect(row(stdout, 'workers, role score')).toEqual(['1', '5', '50']);
    expect(row(stdout, 'workers, role aggregate')).toEqual(['1', '2', '20']);
    // Twice as many as workers in a cell, as a power of two, and at least those of the default.
    expect(row(stdout, 'partitions')).toEqual(['4', '16', '160']);
    expect(stdout).toContain('| 20,000 | one worker of 2 cores |');
    expect(stdout).toContain('| 50,000 | one aggregator |');
  });

  it('has more cells where a Redis cannot remember the posts of a day', () => {
    // 10,000 posts/s × 86,400 s × 1.25 × 80 bytes are 86 GB, and ten and a hundred times as much.
    const others = ['--recent-bytes', '0', '--brand-megabytes', '0', '--part-megabytes', '0'];
    const { stdout } = run('--load', '1', '--remembered-bytes', '80', '--redis-gigabytes', '50', ...others);
    expect(row(stdout, 'cells')).toEqual(['2', '18', '173']);
    expect(row(stdout, 'ends first from here on')[0]).toMatch(/^memory of the Redis/);
  });

  it('takes prices and measured costs, and options over both', () => {
    const bench = join(temporaryFolder(), 'bench.json');
    const entry = { stack: 'sentiflux', roles: 'score', delivery: 'at-least-once' };
    const spread = (median: number) => ({ min: 0, median, max: 0 });
    writeFileSync(
      bench,
      JSON.stringify([
        { ...entry, postsPerSecond: spread(5_000), cpuMicros: spread(300) },
        { ...entry, postsPerSecond: spread(9_000), cpuMicros: spread(150) },
        { ...entry, roles: 'score,aggregate,alert', postsPerSecond: spread(9_999), cpuMicros: spread(400) },
        { ...entry, stack: 'a peer', postsPerSecond: spread(90_000), cpuMicros: spread(10) },
        { ...entry, delivery: 'exactly-once', postsPerSecond: null, cpuMicros: null },
      ]),
    );
    const { stdout } = run('--bench', bench);
    expect(stdout).toContain('Reckoned with: score 150, aggregate 54.5,');
    const dearer = run('--bench', bench, '--score', '151', '--core-hour', '2').stdout;
    expect(dearer).toContain('Reckoned with: score 151,');
    const [price, cores] = [row(dearer, 'price of an hour')[0], row(dearer, 'cores in all')[0]];
    expect(Number(price)).toBe(2 * Number(cores));
  });

  it('says what is no number', () => {
    const { status, stderr } = run('--score', 'many');
    expect({ status, stderr }).toEqual({ status: 2, stderr: '--score many: a number is wanted\n' });
  });
});

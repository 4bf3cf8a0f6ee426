import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { createReplayClock } from '../../src/pipelines/clocks.js';
import { run } from '../support/cli.js';

describe('the demo', () => {
  it('shows the whole pipeline: what was read, scored and rejected, how brands fare, and one alert for the surge', async () => {
    const { status, stdout, stderr } = await run(['demo', '--exit', '--seconds', '6', '--port', '0']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/page +http:\/\/127\.0\.0\.1:\d+/);
    expect(stdout).toMatch(/posts read +799/);
    expect(stdout).toMatch(/scored +780, deletions 2/);
    expect(stdout).toMatch(/rejected +17\n/);
    expect(stdout).toMatch(/6 SF_POST_NOT_JSON/);
    expect(stdout).toMatch(/Skylvara Air \(airline\) +196 +\d+ %/);
    const alerts = stdout.match(/^ALERT .*$/gm) ?? [];
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatch(/^ALERT negative-surge: Skylvara Air .* resolved /);
  }, 60_000);
});

describe('the clock of a replay', () => {
  it('begins at a time of the past and runs as many times faster', () => {
    let wall = 5_000;
    const clock = createReplayClock(epochMillis(1_000_000), 60, () => wall);
    expect(clock.now()).toBe(1_000_000);
    wall += 1_000;
    expect(clock.now()).toBe(1_060_000);
  });
});

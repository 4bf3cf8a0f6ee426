import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { watch } from './watched-process.js';

const node = (script: string) =>
  watch(spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'ignore', 'pipe'] }));

describe('a watched process', () => {
  it('that ends well has nothing against it', async () => {
    const child = node('console.error("a warning")');
    await child.ended;
    expect(child.check).not.toThrow();
    expect(child.said()).toBe('a warning');
  });

  it('that fails is told with its status and the end of what it said', async () => {
    const child = node('console.error("x".repeat(10_000), "no such topic"); process.exitCode = 3');
    await child.ended;
    expect(child.check).toThrow(/^it ended with status 3: x{1,4000} no such topic$/);
  });

  it('that is killed is told with the signal', async () => {
    const child = node('setInterval(() => {}, 1_000)');
    child.kill();
    await child.ended;
    expect(child.check).toThrow('it ended with SIGKILL');
  });

  it('that cannot start is told', async () => {
    const child = watch(spawn('/no/such/program', [], { stdio: ['ignore', 'ignore', 'pipe'] }));
    await child.ended;
    expect(child.check).toThrow('ENOENT');
  });
});

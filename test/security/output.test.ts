import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Finished, run } from '../support/cli.js';
import { canStartRedis, ownRedis } from '../support/own-redis.js';
import { PLANTED, plantedSettings } from '../support/planted.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function planted(mechanism: 'PLAIN' | 'OAUTHBEARER' = 'PLAIN') {
  const folder = temporaryFolder();
  const { sections, secrets } = plantedSettings(folder, mechanism);
  const file = join(folder, 'worker.yaml');
  const write = (more: object): void => writeFileSync(file, JSON.stringify({ ...sections, ...more }));
  write({});
  return { file, secrets, write };
}

function expectNone(secrets: readonly string[], { stdout, stderr }: Finished): void {
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
}

describe('what the program prints', () => {
  it('shows with `config show` every setting and no secret', async () => {
    const { file, secrets } = planted();
    const finished = await run(['config', 'show', '--config', file], {
      env: { SENTIFLUX_TOPICS_POSTS: 'from-variable' },
    });
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    expect(finished.stdout).toContain('posts: from-variable');
    expect(finished.stdout).toContain('  password: "***"');
    expectNone(secrets, finished);
  });

  it.each(['PLAIN', 'OAUTHBEARER'] as const)(
    'holds no secret where nothing answers (%s)',
    async (mechanism) => {
      const { file, secrets } = planted(mechanism);
      const env = { SENTIFLUX_LOG_LEVEL: 'trace' };
      for (const args of [['doctor'], ['run'], ['topics', 'check']]) {
        const finished = await run([...args, '--config', file], { env });
        expect(finished.status).not.toBe(0);
        expect(finished.stdout + finished.stderr).toMatch(/SF_STREAM_UNREACHABLE/);
        expectNone(secrets, finished);
      }
    },
    // Three processes, of which one loads every engine.
    90_000,
  );

  it.skipIf(!canStartRedis)('holds no secret where Redis refuses the password', async () => {
    const redis = await ownRedis('--requirepass', 'another');
    const { file, secrets, write } = planted();
    write({
      streams: { kind: 'memory' },
      redis: { url: `redis://worker:${PLANTED}-password@127.0.0.1:${redis.port}` },
      api: { port: 0 },
      ops: { port: 0 },
    });
    const finished = await run(['run', '--config', file], { env: { SENTIFLUX_LOG_LEVEL: 'trace' } });
    expect(finished.status).toBe(1);
    expect(finished.stderr).toMatch(
      /^SF_STORE_REFUSED Redis at 127\.0\.0\.1:\d+ refuses the worker: WRONGPASS/m,
    );
    expectNone(secrets, finished);
  });

  it('holds nothing of what hangs on to an error that nobody has caught', async () => {
    const fault = join(temporaryFolder(), 'fault.mjs');
    // As soon as somebody listens to such errors.
    writeFileSync(
      fault,
      `const args = ['${PLANTED}'];
      process.once('newListener', () => setImmediate(() => {
        throw Object.assign(new Error('boom'), { command: { args } });
      }));`,
    );
    const finished = await run(['score', '--input', '-'], { env: { NODE_OPTIONS: `--import=${fault}` } });
    expect(finished.status).toBe(1);
    expect(finished.stderr).toContain('SF_UNEXPECTED boom');
    expect(finished.stderr).not.toContain(PLANTED);
  });
});

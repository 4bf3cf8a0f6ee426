import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { NEEDED, tool } from './tools.js';

const DOCKERFILE = 'deploy/Dockerfile';
const text = readFileSync(DOCKERFILE, 'utf8');
const hadolint = tool('hadolint') ?? '';

/** Whether this process may make a view of the file system of its own, and leave its rights behind. */
const canIsolate = spawnSync('unshare', ['--mount', 'true']).status === 0 && process.getuid?.() === 0;

/** By hard links where the file system lets: it is some 400 MB, most of which is cut out again. */
function copy(from: string, to: string): void {
  const { status } = spawnSync('cp', ['-al', from, to]);
  if (status !== 0) cpSync(from, to, { recursive: true });
}

describe('the image', () => {
  it.skipIf(hadolint === '')(`passes hadolint ${NEEDED}`, () => {
    const { status, stdout } = spawnSync(hadolint, [DOCKERFILE], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it('is made of files that are there and that are let into the build', () => {
    const ignore = readFileSync(`${DOCKERFILE}.dockerignore`, 'utf8').split('\n');
    const allowed = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    expect(copied.length).toBeGreaterThan(8);
    for (const file of copied) {
      expect(existsSync(file), file).toBe(true);
      expect(allowed, file).toContain(file);
    }
  });

  it('runs as a user without rights whom Kubernetes knows by a number', () => {
    const lastStages = text.slice(text.indexOf('AS sentiflux'));
    expect(lastStages).toMatch(/^USER [1-9]\d+:[1-9]\d+$/m);
  });

  it('scores with each engine once what other platforms need is cut out', { timeout: 300_000 }, () => {
    const folder = temporaryFolder();
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    for (const name of readdirSync('node_modules')) {
      if (name.startsWith('.')) continue;
      const isCut = name === 'onnxruntime-node' || name === 'onnxruntime-web';
      // The others are found from there as they would be beside it.
      if (isCut) copy(join('node_modules', name), join(modules, name));
      else symlinkSync(resolve('node_modules', name), join(modules, name));
    }
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
    const cut = spawnSync('deploy/prune.sh', [modules, architecture], { encoding: 'utf8' });
    expect(cut).toMatchObject({ status: 0, stderr: '' });
    for (const part of ['dist', 'models', 'native', 'package.json']) spawnSync('cp', ['-rL', part, folder]);
    const libraries = join(modules, 'onnxruntime-node/bin/napi-v6');
    const left = readdirSync(libraries).flatMap((platform) =>
      readdirSync(join(libraries, platform)).map((name) => `${platform}/${name}`),
    );
    expect(left).toEqual([`linux/${architecture}`]);

    const native = existsSync('native/build/lstm.node') ? ['native'] : [];
    for (const engine of [...native, 'onnx', 'wasm']) {
      const { status, stdout } = spawnSync(
        process.execPath,
        [join(folder, 'dist/cli/main.js'), 'score', '--engine', engine],
        { input: 'I love it\n', encoding: 'utf8' },
      );
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ label: 'positive', model: { engine } });
    }
  });

  it.skipIf(!canIsolate)('needs neither rights nor a root that it can write to', { timeout: 300_000 }, () => {
    const script = join(temporaryFolder(), 'isolated.sh');
    writeFileSync(
      script,
      [
        'set -e',
        'mount --make-rprivate /',
        'mount -o remount,ro,bind /',
        // The check of the check.
        'touch /written 2>/dev/null && exit 99',
        'cd "$1"',
        'exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs env -i HOME=/nowhere "$2" dist/cli/main.js demo --exit --seconds 6 --port 0',
      ].join('\n'),
    );
    const { status, stdout } = spawnSync(
      'unshare',
      ['--mount', 'bash', script, resolve('.'), process.execPath],
      { encoding: 'utf8' },
    );
    expect(status).toBe(0);
    expect(stdout).toContain('ALERT negative-surge: Skylvara Air');
  });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const MINUTES = 60_000;
const manifest = z
  .object({
    dependencies: z.record(z.string(), z.string()),
    optionalDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

/** A minute and more for what only a change of the packages can break: CI does it at every change. */
const installs = process.env.CI !== undefined || process.env.FULL !== undefined;

/** Where the package's install step compiles its kernels. */
const canCompile =
  process.platform === 'linux' && process.arch === 'x64' && spawnSync('g++', ['--version']).status === 0;

/** What a stranger would write first. */
const PROGRAM = `import { createPipeline, createScorer, EMBEDDED } from 'sentiflux';

const scorer = await createScorer({ config: { scoring: { threads: 1 } } });
const [result] = await scorer.score(['I love it']);
await scorer.close();
if (result.kind !== 'scored') throw new Error(result.message);
const pipeline = await createPipeline({ config: { ...EMBEDDED, scoring: { threads: 1 } }, roles: ['score', 'api'] });
await pipeline.stop();
console.log(result.score.label, result.score.model.engine);
`;

function run(command: string, args: readonly string[], cwd: string) {
  // npm passes its own settings on in variables: those of this repository are not the stranger's.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the packed package', () => {
  let folder = '';
  let tarball = '';
  let files: readonly string[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sentiflux-package-'));
    const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], '.');
    expect(packed.status, packed.stderr).toBe(0);
    const [content] = z
      .array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
      .parse(JSON.parse(packed.stdout));
    tarball = join(folder, content?.filename ?? '');
    files = content?.files.map(({ path }) => path) ?? [];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A project with the package, and nothing else but links to libraries that this repository has installed. */
  function projectWith(libraries: readonly string[]): string {
    const project = mkdtempSync(join(folder, 'project-'));
    const installed = join(project, 'node_modules', 'sentiflux');
    mkdirSync(installed, { recursive: true });
    expect(run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed], '.').status).toBe(0);
    for (const library of libraries) {
      const link = join(project, 'node_modules', library);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(resolve('node_modules', library), link);
    }
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    return project;
  }

  it('holds what it runs on and what tells of it, and no text, test or secret beside', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        'dist/pipelines/scorer-thread.js',
        'dist/aggregation/stores/redis/apply-5.lua',
        'models/default/manifest.json',
        'native/addon.cc',
        'native/build.mjs',
        'schemas/sentiment.scored.json',
      ]),
    );
    const allowed =
      /^(dist|models\/default|config|schemas)\/|^native\/[^/]+\.(cc|h|mjs)$|^demo\/posts\.ndjson$|^models\/LICENSE\.md$|^[^/]+$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  });

  it.each([
    ['with its optional native part', Object.keys(manifest.optionalDependencies), 'onnx'],
    ['without it', [], 'wasm'],
  ])('scores and runs a pipeline %s', { timeout: 5 * MINUTES }, (_, optional, engine) => {
    const project = projectWith([...Object.keys(manifest.dependencies), ...optional]);
    writeFileSync(join(project, 'program.mjs'), PROGRAM);
    const { status, stdout, stderr } = run(process.execPath, ['program.mjs'], project);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `positive ${engine}\n`, stderr: '' });
  });

  it('has types that the compiler checks a program by', { timeout: 5 * MINUTES }, () => {
    const project = projectWith([...Object.keys(manifest.dependencies), '@types/node']);
    writeFileSync(
      join(project, 'program.ts'),
      `${PROGRAM}// @ts-expect-error: there is no such key\nawait createScorer({ config: { scoring: { engin: 'onnx' } } });\n`,
    );
    const tsc = resolve('node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    const { status, stdout } = run(process.execPath, [tsc, ...options, 'program.ts'], project);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it.skipIf(!installs)(
    'is installed by npm into an empty project, without native parts and then with them (CI=1)',
    {
      timeout: 15 * MINUTES,
    },
    ({ skip }) => {
      const project = mkdtempSync(join(folder, 'empty-'));
      writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(project, 'program.mjs'), PROGRAM);
      const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=0'];
      for (const [command, engine] of [
        [[...install, '--omit=optional', '--ignore-scripts', tarball], 'wasm'],
        [[...install, '--include=optional', '--ignore-scripts', tarball], 'onnx'],
        [['rebuild', 'sentiflux', '--foreground-scripts'], canCompile ? 'native' : 'onnx'],
      ] as const) {
        const installed = run('npm', command, project);
        const unreachable = /\b(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)\b/.exec(
          installed.stderr,
        );
        if (unreachable !== null) skip(`npm reaches no registry: ${unreachable[0]}`);
        expect(installed.status, installed.stderr).toBe(0);
        // The way to Kafka, whose codecs are native: it must open without them.
        const codecs = run(
          process.execPath,
          ['node_modules/sentiflux/dist/streams/kafka/codecs.js'],
          project,
        );
        expect(codecs).toMatchObject({ status: 0, stderr: '' });
        const { status, stdout, stderr } = run(process.execPath, ['program.mjs'], project);
        expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `positive ${engine}\n`, stderr: '' });
      }
    },
  );
});

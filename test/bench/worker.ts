// Our own worker, in its variants.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Stack } from './stacks.js';

interface Variant extends Pick<Stack, 'delivery' | 'precision'> {
  readonly roles: string;
  readonly engine: Exclude<Stack['engine'], 'torch'>;
}

const VARIANTS: readonly Variant[] = [
  { roles: 'score', delivery: 'at-least-once', engine: 'native', precision: 'int8' },
  { roles: 'score', delivery: 'exactly-once', engine: 'native', precision: 'int8' },
  { roles: 'score', delivery: 'at-least-once', engine: 'onnx', precision: 'int8' },
  { roles: 'score', delivery: 'at-least-once', engine: 'onnx', precision: 'float32' },
  { roles: 'score,aggregate,alert', delivery: 'at-least-once', engine: 'native', precision: 'int8' },
  { roles: 'score,aggregate,alert', delivery: 'exactly-once', engine: 'native', precision: 'int8' },
  { roles: 'score', delivery: 'exactly-once', engine: 'onnx', precision: 'float32' },
  { roles: 'score', delivery: 'at-least-once', engine: 'tfjs-node', precision: 'float32' },
];

const PACKAGES: Readonly<Record<Variant['engine'], readonly string[]>> = {
  native: [],
  onnx: ['onnxruntime-node'],
  'tfjs-node': ['@tensorflow/tfjs-node'],
};
const INSTALL: Readonly<Record<Variant['engine'], Stack['install']>> = {
  native: compileKernels,
  onnx: () => undefined,
  'tfjs-node': buildTfjsNode,
};

export const workers: readonly Stack[] = VARIANTS.map((variant) => ({
  stack: 'sentiflux',
  ...variant,
  isEndless: true,
  packages: installedPackages('kafkajs', ...PACKAGES[variant.engine]),
  install: INSTALL[variant.engine],
  start: (run) => {
    const { roles, delivery, engine, precision } = variant;
    const settings = {
      streams: {
        kind: 'kafka',
        group: run.id,
        kafka: { brokers: run.brokers.split(','), sessionTimeoutMs: 10_000, delivery },
      },
      topics: run.topics,
      redis: { url: run.redisUrl },
      brands: resolve('config/brands.yaml'),
      aggregation: { namespace: run.id },
      scoring: { engine, precision },
      api: { port: 0 },
      ops: { port: 0 },
    };
    const file = join(run.folder, `${run.id}.yaml`);
    writeFileSync(file, JSON.stringify(settings));
    return spawn(process.execPath, ['dist/cli/main.js', 'run', '--config', file, '--role', roles], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  },
}));

/** Packages of the repository, with the versions that are installed. */
export function installedPackages(...names: readonly string[]): readonly string[] {
  const manifest = z.object({ version: z.string() });
  return names.map((name) => {
    const file = join('node_modules', name, 'package.json');
    if (!existsSync(file)) return `${name} (not installed)`;
    return `${name} ${manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).version}`;
  });
}

/** The addon of tfjs-node, which its package does not bring. Returns why it cannot be had. */
export function buildTfjsNode(): string | undefined {
  const { status, stderr } = spawnSync('scripts/tfjs-node.sh', { encoding: 'utf8' });
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? 'tfjs-node cannot be built');
}

function compileKernels(): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, ['native/build.mjs'], { encoding: 'utf8' });
  return status === 0 ? undefined : (stderr.trim().split('\n')[0] ?? 'the kernels cannot be compiled');
}

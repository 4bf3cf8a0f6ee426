// Our own worker, in its variants.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Run, Stack } from './stacks.js';

export interface Variant extends Pick<Stack, 'delivery' | 'precision'> {
  readonly roles: string;
  readonly engine: Exclude<Stack['engine'], 'torch'>;
}

/** What most tools measure: what a user gets with the defaults. */
export const usual: Variant = {
  roles: 'score',
  delivery: 'at-least-once',
  engine: compileKernels() === undefined ? 'native' : 'onnx',
  precision: 'int8',
};

export const usualName = [usual.roles, usual.delivery, usual.engine, usual.precision].join(', ');

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

/** What of a worker differs from one that a user starts with the defaults. */
export interface WorkerOptions {
  /** Scorer threads; one a core by default. */
  readonly threads?: number;
  /** File of the brands, in place of `config/brands.yaml`. */
  readonly brands?: string;
  readonly prometheus?: boolean;
  /** Of node, before the program. */
  readonly nodeOptions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export const workers: readonly Stack[] = VARIANTS.map((variant) => workerStack(variant));

export function workerStack(variant: Variant, options: WorkerOptions = {}): Stack {
  return {
    stack: 'sentiflux',
    ...variant,
    isEndless: true,
    packages: installedPackages('kafkajs', ...PACKAGES[variant.engine]),
    install: INSTALL[variant.engine],
    start: (run) => startWorker(run, variant, options),
  };
}

/** Starts a worker; stderr is a pipe. Those of the same run are in one group. */
export function startWorker(run: Run, variant: Variant, options: WorkerOptions = {}): ChildProcess {
  const { roles, delivery, engine, precision } = variant;
  const { threads, brands = 'config/brands.yaml', prometheus = true } = options;
  const settings = {
    streams: {
      kind: 'kafka',
      group: run.id,
      kafka: { brokers: run.brokers.split(','), sessionTimeoutMs: 10_000, delivery },
    },
    topics: run.topics,
    redis: { url: run.redisUrl },
    brands: resolve(brands),
    aggregation: { namespace: run.id },
    scoring: { engine, precision, ...(threads !== undefined && { threads }) },
    api: { port: 0 },
    ops: { port: 0 },
    telemetry: { prometheus },
  };
  const file = join(run.folder, `${run.id}.yaml`);
  writeFileSync(file, JSON.stringify(settings));
  const { nodeOptions = [], environment } = options;
  return spawn(
    process.execPath,
    [...nodeOptions, 'dist/cli/main.js', 'run', '--config', file, '--role', roles],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
}

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

/** The kernels of the engine `native`. Returns why they cannot be had. */
function compileKernels(): string | undefined {
  if (existsSync('native/build/lstm.node')) return undefined;
  const { status, stderr } = spawnSync(process.execPath, ['native/build.mjs'], { encoding: 'utf8' });
  return status === 0 ? undefined : (stderr.trim().split('\n')[0] ?? 'the kernels cannot be compiled');
}

// The other stacks: programs in test/bench/peers, each written as its own documentation would have it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Run, Stack } from './stacks.js';
import { buildTfjsNode, installedPackages } from './worker.js';

const PEERS = resolve('test/bench/peers');
const ENVIRONMENTS = resolve('.cache/bench');
const BUNDLE = resolve('models/default');

type Peer = Pick<Stack, 'stack' | 'engine' | 'precision'>;

export const peers: readonly Stack[] = [
  nodePeer({ stack: 'kafkajs-tfjs-node', engine: 'tfjs-node', precision: 'float32' }, buildTfjsNode),
  nodePeer({ stack: 'kafkajs-onnxruntime', engine: 'onnx', precision: 'float32' }, loadOnnxRuntime),
  nodePeer({ stack: 'kafkajs-onnxruntime', engine: 'onnx', precision: 'int8' }, loadOnnxRuntime),
  pythonPeer({ stack: 'confluent-torch', engine: 'torch', precision: 'float32' }),
  pythonPeer({ stack: 'confluent-onnxruntime', engine: 'onnx', precision: 'float32' }),
  pythonPeer({ stack: 'confluent-onnxruntime', engine: 'onnx', precision: 'int8' }),
  pythonPeer({ stack: 'quix-onnxruntime', engine: 'onnx', precision: 'float32' }),
];

/** Its packages are those of the repository, from the same lock file, so that only the way differs from ours. */
function nodePeer(peer: Peer, install: Stack['install']): Stack {
  return {
    ...peer,
    packages: installedPackages(
      'kafkajs',
      peer.engine === 'onnx' ? 'onnxruntime-node' : '@tensorflow/tfjs-node',
    ),
    delivery: 'at-least-once',
    isEndless: false,
    install,
    start: (run) =>
      spawn(process.execPath, [join(PEERS, peer.stack, 'peer.mjs'), ...flagsOf(peer, run)], {
        env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
  };
}

/** In a virtual environment with what its requirements.txt names, by checksum. */
function pythonPeer(peer: Peer): Stack {
  const python = join(ENVIRONMENTS, peer.stack, 'bin/python');
  const requirements = readFileSync(join(PEERS, peer.stack, 'requirements.in'), 'utf8');
  return {
    ...peer,
    packages: requirements.trim().replaceAll('==', ' ').split('\n'),
    delivery: 'at-least-once',
    isEndless: false,
    install: () => installRequirements(peer.stack),
    start: (run) =>
      spawn(python, [join(PEERS, peer.stack, 'peer.py'), ...flagsOf(peer, run)], {
        env: { ...process.env, PYTHONPATH: PEERS },
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
  };
}

function flagsOf({ engine, precision }: Peer, run: Run): readonly string[] {
  const flags = {
    brokers: run.brokers,
    group: run.id,
    input: run.topics.posts,
    output: run.topics.scored,
    posts: String(run.posts),
    tokens: run.folder,
    model: engine === 'onnx' ? join(run.folder, `${precision}.onnx`) : BUNDLE,
  };
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}

function installRequirements(name: string): string | undefined {
  const requirements = join(PEERS, name, 'requirements.txt');
  const environment = join(ENVIRONMENTS, name);
  const installed = join(environment, 'installed');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return undefined;
  console.error(`installing ${name} ...`);
  const python = process.env.BENCH_PYTHON ?? 'python3';
  rmSync(environment, { recursive: true, force: true });
  const failure =
    failureOf(python, ['-m', 'venv', environment]) ??
    failureOf(join(environment, 'bin/pip'), ['install', '--quiet', '--require-hashes', '-r', requirements]);
  if (failure === undefined) writeFileSync(installed, wanted);
  return failure;
}

function loadOnnxRuntime(): string | undefined {
  return failureOf(process.execPath, ['--eval', "require('onnxruntime-node')"]);
}

function failureOf(program: string, args: readonly string[]): string | undefined {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  const said = `${stdout ?? ''}\n${stderr ?? ''}`.split('\n').filter((line) => /error/i.test(line));
  return said[0]?.trim() ?? error?.message ?? `${program} ended with status ${status}`;
}

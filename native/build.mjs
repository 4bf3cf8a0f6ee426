// Compiles the kernels into native/build/lstm.node, for the engine `native`. The headers of Node-API are those of the
// package node-api-headers, so nothing is downloaded, and one build serves every version of Node.
//
//   node native/build.mjs [--if-possible]   --if-possible: where it cannot be done, say why and end with 0
//
// Variables: CXX, the C++ compiler (g++, else clang++).
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const TARGET = join(FOLDER, 'build', 'lstm.node');
const FLAGS = ['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti'];
/** Each instruction set in a file of its own: what the others are compiled from must run anywhere. */
const SOURCES = {
  'addon.cc': [],
  'kernel-avx2.cc': ['-mavx2', '-mfma'],
  'kernel-avx512.cc': ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx512vnni'],
};

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** The compiler to use, or why there is none. */
function findCompiler() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { problem: `they are for linux-x64, this is ${process.platform}-${process.arch}` };
  }
  const names = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++'];
  const compiler = names.find((name) => spawnSync(name, ['--version']).status === 0);
  return compiler === undefined
    ? { problem: `there is no C++ compiler (${names.join(', ')}); on Debian: apt-get install g++` }
    : { compiler };
}

async function compile(compiler) {
  const include = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  mkdirSync(dirname(TARGET), { recursive: true });
  // Beside the target, which it replaces by a rename: a process that has the old one open keeps it.
  const work = mkdtempSync(join(dirname(TARGET), 'compile-'));
  try {
    const objects = await Promise.all(
      Object.entries(SOURCES).map(async ([source, instructions]) => {
        const object = join(work, `${source}.o`);
        const input = join(FOLDER, source);
        await run(compiler, [...FLAGS, ...instructions, `-I${include}`, '-c', input, '-o', object]);
        return object;
      }),
    );
    const addon = join(work, 'lstm.node');
    await run(compiler, ['-shared', '-o', addon, ...objects]);
    require(addon);
    renameSync(addon, TARGET);
  } finally {
    rmSync(work, { recursive: true });
  }
}

const ifPossible = process.argv.includes('--if-possible');
const { compiler, problem } = findCompiler();
try {
  if (problem) throw new Error(problem);
  await compile(compiler);
} catch (error) {
  const reason = String(error.stderr || error.message).trim();
  console.error(`native: the kernels were not compiled: ${reason}`);
  if (ifPossible) console.error('native: not needed: the engines onnx and wasm score as well, slower');
  else process.exitCode = 1;
}

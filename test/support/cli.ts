import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

/** Starts the compiled command, as its users do. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  if (!existsSync(MAIN)) throw new Error('compile first: npm run build');
  // The tests' own variables are not the command's.
  const { SENTIFLUX_CONFIG, ...env } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the compiled command to its end. What scores does it in one thread: each loads the model anew. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = start(args, { ...options, env: { SENTIFLUX_SCORING_THREADS: '1', ...options.env } });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output.stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    output.stderr += chunk;
  });
  child.stdin?.on('error', () => {}).end(options.input ?? '');
  const [status]: unknown[] = await once(child, 'close');
  return { status: typeof status === 'number' ? status : null, ...output };
}

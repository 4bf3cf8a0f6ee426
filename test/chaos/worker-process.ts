import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from './children.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const POINTS = fileURLToPath(new URL('faults/points.mjs', import.meta.url));
/** A worker under load comes to each point many times a second; the library may have other calls by now. */
const STRIKES_WITHIN_MILLIS = 120_000;
const MOST_WAIT_MILLIS = 8_000;
const STANDS_STILL = 75;

/** Where a worker can be struck: see faults/points.mjs. */
export type Point =
  | 'after-fetch'
  | 'while-scoring'
  | 'after-produce'
  | 'after-redis-write'
  | 'before-commit'
  | 'in-rebalance'
  | 'thread-crash'
  | 'thread-hang'
  | 'thread-memory';

/** How a process of a worker ended. */
export interface End {
  /** On the clock of `performance.now()`. */
  readonly at: number;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * The compiled worker as a process of its own, under a supervisor as docs/delivery.md asks for: it is started
 * again when it ends, at once after a signal or status 75, with a growing wait after another one.
 */
export class SupervisedWorker {
  readonly ends: End[] = [];
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #logFile: string;
  #process: ChildProcess | undefined;
  #stopping = false;
  #runs = false;
  readonly #supervising: Promise<void>;

  constructor(config: string, logFile: string, env: Readonly<Record<string, string>> = {}) {
    this.#args = [MAIN, 'run', '--config', config];
    this.#env = { ...process.env, ...env, NODE_OPTIONS: `--import=${POINTS}` };
    this.#logFile = logFile;
    this.#supervising = this.#supervise();
  }

  /** Resolves when a process runs all its roles; also one that has still to be started again. */
  async ready(): Promise<void> {
    while (!this.#runs) await wait(10);
  }

  get isStopped(): boolean {
    return this.#stopping;
  }

  /** Strikes the process that runs now when it comes to the point the after-th time; resolves when it does. */
  async strike(point: Point, after: number): Promise<void> {
    const armed = this.#process;
    if (armed === undefined) throw new Error('no worker runs');
    const struck = Promise.race([once(armed, 'message'), once(armed, 'close')]);
    armed.send({ point, after });
    const never = wait(STRIKES_WITHIN_MILLIS, 'never' as const, { ref: false });
    if ((await Promise.race([struck, never])) === 'never')
      throw new Error(`the worker has not come to the point ${point}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Resolves with the next end of a process. */
  async nextEnd(): Promise<End> {
    const seen = this.ends.length;
    for (;;) {
      const end = this.ends[seen];
      if (end !== undefined) return end;
      await wait(10);
    }
  }

  /** Most memory that the present process has had, in MB. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.#process?.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  }

  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Tells it to finish; resolves with its last exit status. */
  async stop(): Promise<number | null> {
    this.#stopping = true;
    this.signal('SIGTERM');
    await this.#supervising;
    return this.ends.at(-1)?.status ?? null;
  }

  /** Leaves nothing behind. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.signal('SIGCONT');
    this.signal('SIGKILL');
    await this.#supervising;
  }

  async #supervise(): Promise<void> {
    for (let pause = 500; !this.#stopping; ) {
      const { status, signal } = await this.#runOnce();
      this.#runs = false;
      this.ends.push({ at: performance.now(), status, signal });
      if (signal !== null || status === STANDS_STILL) pause = 500;
      else {
        if (!this.#stopping) await wait(pause);
        pause = Math.min(2 * pause, MOST_WAIT_MILLIS);
      }
    }
  }

  async #runOnce(): Promise<Omit<End, 'at'>> {
    const started = startChild(process.execPath, this.#args, {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process = started;
    const file = createWriteStream(this.#logFile, { flags: 'a' });
    let head = '';
    started.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      file.write(chunk);
      if (this.#runs) return;
      head += chunk;
      this.#runs = head.includes('sentiflux is running');
    });
    // What is sent to a process that has just died.
    started.on('error', () => {});
    await once(started, 'close');
    file.end();
    return { status: started.exitCode, signal: started.signalCode };
  }
}

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { startChild } from './children.js';

/** A program that can be ended, killed, frozen and started again. */
export class Service {
  readonly #command: readonly [string, ...string[]];
  readonly #log: string;
  #process: ChildProcess | undefined;

  /** @param log file to which it writes */
  constructor(command: readonly [string, ...string[]], log: string) {
    this.#command = command;
    this.#log = log;
  }

  get runs(): boolean {
    return this.#process !== undefined;
  }

  start(): void {
    const [program, ...args] = this.#command;
    const log = openSync(this.#log, 'a');
    const started = startChild(program, args, { stdio: ['ignore', log, log] });
    this.#process = started;
    started.once('exit', () => {
      if (this.#process === started) this.#process = undefined;
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Sends a signal and resolves when the program has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  }
}

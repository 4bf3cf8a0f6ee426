import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A stack's process, as a measurement sees it. */
export interface WatchedProcess {
  /** Notes how much memory and processor time it has had: to be called while it still runs. */
  readonly look: () => void;
  /** Most that it has had resident. */
  readonly memoryMegabytes: () => number;
  /** What it had resident at the last look. */
  readonly residentMegabytes: () => number;
  /** Processor time that it has had up to the last look, with all its threads; NaN where the system does not tell. */
  readonly cpuSeconds: () => number;
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<void>;
  /** @throws Error what it said last, where it could not start or has ended with another status than 0 */
  readonly check: () => void;
  /** The end of what it wrote to stderr. */
  readonly said: () => string;
  readonly stop: () => void;
  readonly kill: () => void;
}

const KEPT_CHARACTERS = 4_000;

export function watch(child: ChildProcess): WatchedProcess {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-KEPT_CHARACTERS);
  });
  let memory = { peak: Number.NaN, resident: Number.NaN };
  let cpu = Number.NaN;
  let failure: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.on('error', ({ message }) => {
      failure = message;
      resolve();
    });
    // Not at its exit: what it has written may still be on the way then.
    child.on('close', (status, signal) => {
      if (status !== 0) failure ??= signal ?? `status ${status}`;
      resolve();
    });
  });
  return {
    look: () => {
      memory = memoryOf(child.pid) ?? memory;
      cpu = cpuSecondsOf(child.pid) ?? cpu;
    },
    memoryMegabytes: () => memory.peak,
    residentMegabytes: () => memory.resident,
    cpuSeconds: () => cpu,
    ended,
    check: () => {
      if (failure !== undefined) throw new Error(`it ended with ${failure}: ${said.trim()}`);
    },
    said: () => said.trim(),
    stop: () => child.kill('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  };
}

function memoryOf(pid: number | undefined): { readonly peak: number; readonly resident: number } | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const [peak, resident] = ['VmHWM', 'VmRSS'].map(
    (name) => new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1],
  );
  // A process that has ended, and was not waited for, has none.
  if (peak === undefined || resident === undefined) return undefined;
  return { peak: Number(peak) / 1_024, resident: Number(resident) / 1_024 };
}

/** Clock ticks a second in which Linux counts processor time: USER_HZ, the same on all its machines. */
const TICKS = 100;

function cpuSecondsOf(pid: number | undefined): number | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  // Behind the name, which may have blanks and brackets: state, ppid, ..., utime (14th of all fields), stime.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface SignalStop {
  /** Aborted by the first signal; a second one ends the process. */
  readonly stop: AbortSignal;
  listen(): void;
  /** As shells count a process that a signal has ended: 128 and the signal's number. */
  exitCode(): number;
  close(): void;
}

/** Lets work that can go on later end in order when the process is told to stop. */
export function stopOnSignals(): SignalStop {
  const controller = new AbortController();
  let received: (typeof SIGNALS)[number] = 'SIGINT';
  const onSignal = (signal: NodeJS.Signals): void => {
    received = SIGNALS.find((name) => name === signal) ?? received;
    close();
    controller.abort();
  };
  function close(): void {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  return {
    stop: controller.signal,
    listen() {
      for (const signal of SIGNALS) process.on(signal, onSignal);
    },
    exitCode: () => 128 + constants.signals[received],
    close,
  };
}

/** The command that was given, with --resume. */
export function commandToResume(args: readonly string[] = process.argv.slice(2)): string {
  const all = args.includes('--resume') ? args : [...args, '--resume'];
  return ['sentiflux', ...all.map(quoted)].join(' ');
}

/** For a shell, in quotes where it needs them. */
function quoted(argument: string): string {
  return /^[\w./:,=@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

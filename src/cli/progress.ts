import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  set(done: number, detail?: string): void;
  stop(): void;
}

/**
 * A progress bar on standard error where it is a terminal; nothing elsewhere.
 *
 * @param total `undefined` where it is not known: the bar then only counts
 */
export function openProgress(what: string, total: number | undefined): Progress {
  if (process.stderr.isTTY !== true) return { set() {}, stop() {} };
  const format =
    total === undefined ? `${what} {value} {detail}` : `${what} {bar} {percentage}% {value}/{total} {detail}`;
  const bar = new SingleBar(
    { format, hideCursor: true, stream: process.stderr, fps: 5 },
    Presets.shades_classic,
  );
  bar.start(total ?? 0, 0, { detail: '' });
  return {
    set: (done, detail = '') => bar.update(done, { detail }),
    stop: () => bar.stop(),
  };
}

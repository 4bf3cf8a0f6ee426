import type { DevelopmentFigure } from '../training/fit.js';
import type { TrainingEvent } from '../training/train.js';
import { openProgress, type Progress } from './progress.js';

/** Seconds between two lines where standard error is no terminal. */
const LINE_EVERY_SECONDS = 30;

/** Tells on standard error how far a training is: a bar on a terminal, elsewhere a line now and then. */
export class TrainReport {
  #progress: Progress | undefined;
  #began = { at: performance.now(), step: 0 };
  #lastLine = performance.now();

  /** A line of its own; the bar goes on below it. */
  say(line: string): void {
    this.stop();
    process.stderr.write(`${line}\n`);
    this.#lastLine = performance.now();
  }

  event(event: TrainingEvent): void {
    if (event.kind === 'step') this.#step(event);
    else this.say(lineOf(event));
    if (event.kind === 'start') this.#began = { at: performance.now(), step: event.step };
  }

  stop(): void {
    this.#progress?.stop();
    this.#progress = undefined;
  }

  #step({ step, steps, loss, postsPerSecond }: TrainingEvent & { kind: 'step' }): void {
    const secondsAStep = (performance.now() - this.#began.at) / 1000 / (step - this.#began.step);
    const left = duration(secondsAStep * (steps - step));
    const detail = `loss ${loss.toFixed(3)}, ${Math.round(postsPerSecond)} posts/s, ${left} left`;
    if (process.stderr.isTTY === true) {
      this.#progress ??= openProgress('steps', steps);
      this.#progress.set(step, detail);
    } else if (performance.now() - this.#lastLine >= 1000 * LINE_EVERY_SECONDS) {
      this.say(`step ${step} of ${steps}: ${detail}`);
    }
  }
}

function lineOf(event: Exclude<TrainingEvent, { kind: 'step' }>): string {
  switch (event.kind) {
    case 'data': {
      const skipped = event.skipped > 0 ? `, ${event.skipped} without a label skipped` : '';
      return `${event.file}: ${event.rows} rows${skipped}`;
    }
    case 'duplicates':
      return `${event.file}: ${event.rows} rows left out, for they read like one that is held back`;
    case 'vocabulary':
      return `vocabulary of ${event.size} pieces`;
    case 'start':
      return event.step === 0 ? `${event.steps} steps` : `goes on from step ${event.step} of ${event.steps}`;
    case 'epoch':
      return `epoch ${event.epoch}: ${figures(event.development)}`;
  }
}

export function figures(development: readonly DevelopmentFigure[]): string {
  return development
    .map(
      ({ name, posts, macroRecall }) =>
        `${name} ${(100 * macroRecall).toFixed(1)} macro recall (${posts} posts)`,
    )
    .join(', ');
}

/** Such as `40 s`, `12 min` or `3 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

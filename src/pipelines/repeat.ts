export interface Repetition {
  /** Ends the repetition after the run that is under way. */
  stop(): Promise<void>;
}

/** Runs a task again and again, a fixed wait after each end, never twice at once. A failure is reported, and the next run comes as usual. */
export function repeat(
  everyMillis: number,
  task: () => Promise<void>,
  onError: (error: unknown) => void,
): Repetition {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer = setTimeout(run, everyMillis);

  function run(): void {
    running = task()
      .catch(onError)
      .then(() => {
        if (!stopped) timer = setTimeout(run, everyMillis);
      });
  }

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}

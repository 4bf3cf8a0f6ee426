import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after so many milliseconds, or as soon as it is told to stop. */
export async function waitUnlessStopped(millis: number, stop?: AbortSignal): Promise<void> {
  await sleep(millis, undefined, { ...(stop && { signal: stop }) }).catch((error: unknown) => {
    if (!stop?.aborted) throw error;
  });
}

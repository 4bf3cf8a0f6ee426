import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import {
  eventLoopDelayMax,
  eventLoopDelayMean,
  eventLoopDelayP99,
  eventLoopUtilization,
  processUptime,
} from './instruments.js';

const EVERY_MILLIS = 10_000;
const RESOLUTION_MILLIS = 10;
const NANOS_PER_SECOND = 1e9;

/** Begins to measure what the process itself tells. Returns what ends that. */
export function measureProcess(): () => void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS });
  delays.enable();

  /** The timer that measures is due every `RESOLUTION_MILLIS`: what is beyond that is delay. */
  const secondsLate = (nanos: number): number =>
    Number.isFinite(nanos) ? Math.max(0, nanos / NANOS_PER_SECOND - RESOLUTION_MILLIS / 1_000) : 0;
  function tell(): void {
    eventLoopDelayMean.record(secondsLate(delays.mean));
    eventLoopDelayP99.record(secondsLate(delays.percentile(99)));
    eventLoopDelayMax.record(secondsLate(delays.max));
    delays.reset();
  }

  tell();
  const telling = setInterval(tell, EVERY_MILLIS).unref();
  const ends = [
    eventLoopUtilization.observe(() => [{ value: performance.eventLoopUtilization().utilization }]),
    processUptime.observe(() => [{ value: process.uptime() }]),
  ];
  return () => {
    clearInterval(telling);
    delays.disable();
    for (const end of ends) end();
  };
}

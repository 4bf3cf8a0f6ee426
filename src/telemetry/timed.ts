import type { Attributes } from '@opentelemetry/api';
import { errorType } from './error-type.js';
import type { Histogram } from './instrument.js';

/**
 * Measures how long work takes, in seconds; where it fails, with an attribute `error.type`.
 *
 * @param started when it began, as `performance.now` tells it, where that was before
 */
export async function timed<Result>(
  histogram: Histogram,
  attributes: Attributes,
  work: () => Promise<Result>,
  started = performance.now(),
): Promise<Result> {
  let outcome: Attributes = {};
  try {
    return await work();
  } catch (error) {
    outcome = { 'error.type': errorType(error) };
    throw error;
  } finally {
    histogram.record((performance.now() - started) / 1000, { ...attributes, ...outcome });
  }
}

import {
  type Attributes,
  type Counter,
  type Gauge,
  type Histogram,
  type MetricOptions,
  metrics,
} from '@opentelemetry/api';

/**
 * Every metric of the worker, in one list. An instrument is made at its first use: OpenTelemetry gives those
 * made before its SDK has started to nobody.
 */
const meter = () => metrics.getMeter('sentiflux');

function counter(name: string, options: MetricOptions): Pick<Counter, 'add'> {
  let made: Counter | undefined;
  return {
    add(value: number, attributes?: Attributes) {
      made ??= meter().createCounter(name, options);
      made.add(value, attributes);
    },
  };
}

function histogram(name: string, options: MetricOptions): Pick<Histogram, 'record'> {
  let made: Histogram | undefined;
  return {
    record(value: number, attributes?: Attributes) {
      made ??= meter().createHistogram(name, options);
      made.record(value, attributes);
    },
  };
}

function gauge(name: string, options: MetricOptions): Pick<Gauge, 'record'> {
  let made: Gauge | undefined;
  return {
    record(value: number, attributes?: Attributes) {
      made ??= meter().createGauge(name, options);
      made.record(value, attributes);
    },
  };
}

export const postsScored = counter('sentiflux.posts.scored', {
  unit: '{post}',
  description: 'Posts scored.',
});
export const postsRejected = counter('sentiflux.posts.rejected', {
  unit: '{post}',
  description: 'Records sent to the dead letters, by sentiflux.error.code.',
});
export const postsDeleted = counter('sentiflux.posts.deleted', {
  unit: '{post}',
  description: 'Deletions passed on.',
});
export const tokensScored = counter('sentiflux.tokens.scored', {
  unit: '{token}',
  description: 'Tokens scored, without padding.',
});
export const batchSize = histogram('sentiflux.batch.size', {
  unit: '{post}',
  description: 'Records in a batch.',
});
export const prepareDuration = histogram('sentiflux.prepare.duration', {
  unit: 's',
  description: 'Time of a batch in decoding and preparing.',
});
export const scoreDuration = histogram('sentiflux.score.duration', {
  unit: 's',
  description: 'Time of a batch in the network, by sentiflux.engine.',
});
export const settleDuration = histogram('sentiflux.settle.duration', {
  unit: 's',
  description: 'Time until the outputs of a batch were acknowledged and its offsets committed.',
});
export const scorerThreadsEnded = counter('sentiflux.scorer.threads.ended', {
  unit: '{thread}',
  description:
    'Scorer threads that ended over what they scored and were replaced, by sentiflux.reason (crash, hang, memory).',
});
export const engineFallbacks = counter('sentiflux.engine.fallbacks', {
  unit: '{fallback}',
  description: 'Starts on another engine than the best one, because its library could not be loaded.',
});
export const modelInUse = gauge('sentiflux.model.in_use', {
  unit: '{model}',
  description:
    'By sentiflux.model.version, sentiflux.engine and sentiflux.precision: 1 for the model in use, 0 for one before it.',
});
export const modelSwaps = counter('sentiflux.model.swaps', {
  unit: '{swap}',
  description:
    'Attempts to put another model in place of the one in use, by sentiflux.outcome (swapped, refused) and, where refused, sentiflux.error.code.',
});
export const consumerLag = gauge('sentiflux.consumer.lag', {
  unit: '{message}',
  description: 'Records between the settled position and the end of a partition.',
});
export const offsetGaps = counter('sentiflux.offset.gaps', {
  unit: '{message}',
  description: 'Records lost below the start of the log before they were read.',
});
export const consumersRemade = counter('sentiflux.consumer.remade', {
  unit: '{consumer}',
  description: 'Consumers made anew because records waited and none came, by messaging.destination.name.',
});
export const postsCounted = counter('sentiflux.aggregation.posts', {
  unit: '{post}',
  description: 'Posts seen by the aggregator, by sentiflux.outcome (counted, late, future, old, duplicate).',
});
export const windowsPublished = counter('sentiflux.aggregation.windows', {
  unit: '{window}',
  description: 'Revisions of windows published, by sentiflux.tier.',
});
export const watermarkDelay = gauge('sentiflux.aggregation.watermark.delay', {
  unit: 's',
  description: 'How far the watermark is behind the clock.',
});
export const recordsToRebuild = gauge('sentiflux.aggregation.rebuild.left', {
  unit: '{message}',
  description: 'Results that are still to be read again after the store of the windows has lost its data.',
});
export const alertsChanged = counter('sentiflux.alerts.changed', {
  unit: '{alert}',
  description: 'Alerts that began to fire or were resolved, by sentiflux.alert.state.',
});
export const alertDeliveries = counter('sentiflux.alerts.deliveries', {
  unit: '{delivery}',
  description: 'Attempts to deliver an alert, by sentiflux.outcome.',
});

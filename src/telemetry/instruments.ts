import { counter, gauge, histogram, SECONDS } from './instrument.js';

/*
 * Every metric of the worker, in one list: docs/telemetry.md is made of it. Measured by batch, never by post. Names
 * that do not begin with `sentiflux` are those of OpenTelemetry's semantic conventions.
 */

/** Delays that may be those of a backlog: up to a day. */
const DELAYS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400] as const;
const RECORDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

const TOPIC = 'messaging.destination.name';
const PARTITION = 'messaging.destination.partition.id';
const GROUP = 'messaging.consumer.group.name';
const MESSAGING = ['messaging.system', 'messaging.operation.name', 'messaging.operation.type', TOPIC];

// Streams, by the conventions for messaging.

export const operationDuration = histogram('messaging.client.operation.duration', {
  unit: 's',
  description:
    'Time of an operation on the streams: poll (a request that brought records), send (until the records were acknowledged) or settle (until the position was). Records that go to several topics at once have no destination.',
  attributes: [...MESSAGING, GROUP, 'error.type'],
  buckets: SECONDS,
});
export const processDuration = histogram('messaging.process.duration', {
  unit: 's',
  description: 'Time of a batch from when a role took it up until it was settled.',
  attributes: [...MESSAGING, GROUP, 'error.type'],
  buckets: SECONDS,
});
export const sentMessages = counter('messaging.client.sent.messages', {
  unit: '{message}',
  description: 'Records sent.',
  attributes: [...MESSAGING, 'error.type'],
});
export const consumedMessages = counter('messaging.client.consumed.messages', {
  unit: '{message}',
  description: 'Records that came in.',
  attributes: [...MESSAGING, GROUP],
});

// Consumers.

export const consumerLag = gauge('sentiflux.consumer.lag', {
  unit: '{message}',
  description: 'Records between the settled position and the end of a partition of this worker.',
  attributes: [TOPIC, GROUP, PARTITION],
});
export const consumerLagTime = gauge('sentiflux.consumer.lag.time', {
  unit: 's',
  description:
    'Age of the oldest record of a partition that is not settled, by its timestamp; 0 without lag. Where none of them has come in yet, that of the last one that was settled.',
  attributes: [TOPIC, GROUP, PARTITION],
});
export const consumerInFlight = gauge('sentiflux.consumer.in_flight', {
  unit: '{message}',
  description: 'Records that came in and are not settled: those that wait and those that are worked on.',
  attributes: [TOPIC, GROUP],
});
export const batchSize = histogram('sentiflux.batch.size', {
  unit: '{message}',
  description: 'Records in a batch.',
  attributes: [TOPIC, GROUP],
  buckets: RECORDS,
});
export const batchAge = histogram('sentiflux.batch.age', {
  unit: 's',
  description: 'Age of the oldest record of a batch when it came in, by its timestamp.',
  attributes: [TOPIC, GROUP],
  buckets: DELAYS,
});
export const rebalances = counter('sentiflux.consumer.rebalances', {
  unit: '{rebalance}',
  description: 'How often partitions were assigned, the first time included.',
  attributes: [TOPIC, GROUP],
});
export const consumersRemade = counter('sentiflux.consumer.remade', {
  unit: '{consumer}',
  description: 'Consumers made anew because records waited and none came.',
  attributes: [TOPIC],
});
export const offsetGaps = counter('sentiflux.offset.gaps', {
  unit: '{message}',
  description: 'Records lost below the start of the log before they were read.',
  attributes: [TOPIC],
});

// Scoring.

export const postsScored = counter('sentiflux.posts.scored', {
  unit: '{post}',
  description: 'Posts scored.',
});
export const postsRejected = counter('sentiflux.posts.rejected', {
  unit: '{post}',
  description: 'Records set aside as dead letters, by reason.',
  attributes: ['sentiflux.error.code'],
});
export const postsDeleted = counter('sentiflux.posts.deleted', {
  unit: '{post}',
  description: 'Deletions passed on.',
});
export const tokensScored = counter('sentiflux.tokens.scored', {
  unit: '{token}',
  description: 'Tokens scored, without padding.',
});
export const prepareDuration = histogram('sentiflux.prepare.duration', {
  unit: 's',
  description: 'Time of a batch in decoding and preparing.',
  buckets: SECONDS,
});
export const scoreDuration = histogram('sentiflux.score.duration', {
  unit: 's',
  description: 'Time of a batch in the network.',
  attributes: ['sentiflux.engine'],
  buckets: SECONDS,
});
export const endToEndDelay = histogram('sentiflux.end_to_end.delay', {
  unit: 's',
  description:
    'Time from the timestamp of a post on its topic until its result was durable: of the oldest post of each batch.',
  buckets: DELAYS,
});
export const scorerQueue = gauge('sentiflux.scorer.queue', {
  unit: '{batch}',
  description: 'Batches and requests that wait for a scorer thread.',
});
export const scorerThreadsEnded = counter('sentiflux.scorer.threads.ended', {
  unit: '{thread}',
  description:
    'Scorer threads that ended over what they scored and were replaced, by reason: crash, hang or memory.',
  attributes: ['sentiflux.reason'],
  fromZero: ['crash', 'hang', 'memory'].map((reason) => ({ 'sentiflux.reason': reason })),
});
export const engineFallbacks = counter('sentiflux.engine.fallbacks', {
  unit: '{fallback}',
  description: 'Starts on another engine than the best one, because its library could not be loaded.',
  fromZero: [{}],
});
export const modelInUse = gauge('sentiflux.model.in_use', {
  unit: '{model}',
  description: '1 for the model in use, 0 for one before it.',
  attributes: ['sentiflux.model.version', 'sentiflux.engine', 'sentiflux.precision'],
});
export const modelSwaps = counter('sentiflux.model.swaps', {
  unit: '{swap}',
  description:
    'Attempts to put another model in place of the one in use, by outcome (swapped, refused) and, where refused, the reason.',
  attributes: ['sentiflux.outcome', 'sentiflux.error.code'],
  fromZero: ['swapped', 'refused'].map((outcome) => ({ 'sentiflux.outcome': outcome })),
});

// Windows.

export const postsCounted = counter('sentiflux.aggregation.posts', {
  unit: '{post}',
  description: 'Posts seen by the aggregator, by outcome: counted, late, future, old or duplicate.',
  attributes: ['sentiflux.outcome'],
});
export const windowsPublished = counter('sentiflux.aggregation.windows', {
  unit: '{window}',
  description: 'Revisions of windows published.',
  attributes: ['sentiflux.tier'],
});
export const watermarkDelay = gauge('sentiflux.aggregation.watermark.delay', {
  unit: 's',
  description: 'How far the watermark is behind the clock, of the one worker that closes the windows.',
});
export const recordsToRebuild = gauge('sentiflux.aggregation.rebuild.left', {
  unit: '{message}',
  description: 'Results that are still to be read again after the store of the windows has lost its data.',
});

// Alerts.

export const alertsFiring = gauge('sentiflux.alerts.firing', {
  unit: '{alert}',
  description: 'Alerts that fire, as the last evaluation of this worker found them.',
  attributes: ['sentiflux.rule'],
});
export const alertsChanged = counter('sentiflux.alerts.changed', {
  unit: '{alert}',
  description:
    'Alerts that began to fire or were resolved. The brand is told only of those in `telemetry.brands`.',
  attributes: ['sentiflux.rule', 'sentiflux.alert.state', 'sentiflux.brand'],
});
export const alertDeliveries = counter('sentiflux.alerts.deliveries', {
  unit: '{delivery}',
  description: 'Attempts to deliver an alert, by outcome: delivered, superseded, retry or refused.',
  attributes: ['sentiflux.outcome', 'sentiflux.receiver.kind'],
});
export const deliveriesGivenUp = counter('sentiflux.alerts.deliveries.given_up', {
  unit: '{delivery}',
  description: 'Deliveries that will be attempted no more, though the receiver was not told.',
  attributes: ['sentiflux.receiver'],
});
export const evaluationDuration = histogram('sentiflux.alerts.evaluation.duration', {
  unit: 's',
  description: 'Time of an evaluation of all rules.',
  buckets: SECONDS,
});

// The process, and what it leans on.

export const redisDuration = histogram('db.client.operation.duration', {
  unit: 's',
  description:
    'Round trips to Redis of the stores of windows and alerts, by script; `command` is any single command, `alerts` what the store of the alerts does.',
  attributes: ['db.system.name', 'db.operation.name', 'error.type'],
  buckets: [0.001, ...SECONDS],
});
export const eventLoopDelayMean = gauge('nodejs.eventloop.delay.mean', {
  unit: 's',
  description: 'By how much timers of the main thread were late in the last ten seconds: on average.',
});
export const eventLoopDelayP99 = gauge('nodejs.eventloop.delay.p99', {
  unit: 's',
  description: 'The same: 99 of 100 were less late.',
});
export const eventLoopDelayMax = gauge('nodejs.eventloop.delay.max', {
  unit: 's',
  description: 'The same: the latest one.',
});
export const eventLoopUtilization = gauge('nodejs.eventloop.utilization', {
  unit: '1',
  description: 'Share of the time since the start in which the main thread was at work.',
});
export const processUptime = gauge('process.uptime', {
  unit: 's',
  description: 'Time since the process started: it begins anew with each restart.',
});

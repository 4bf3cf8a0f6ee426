import { z } from 'zod';
import { ALERT_MEASURES } from '../contracts/alert.js';
import { epochMillis, NAMESPACE } from '../contracts/ids.js';
import { TIER_MILLIS, TIERS } from '../contracts/window.js';

const millis = (value: number) => z.number().int().nonnegative().default(value);
const port = (value: number) => z.number().int().min(0).max(65_535).default(value);
const positive = (value: number) => z.number().int().positive().default(value);
/** An object that may be left out: every key in it has a default, which a generic shape cannot tell the compiler. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).prefault({} as z.input<z.ZodObject<Shape, z.core.$strict>>);

/** `a.b.c` or `a[0].b` into a message; several alternatives are tried in order. */
const fieldPath = (value: string) =>
  z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).default(value);

const kafka = section({
  brokers: z.array(z.string().min(1)).min(1).default(['127.0.0.1:9092']).describe('host:port of the brokers'),
  clientId: z.string().min(1).default('sentiflux').describe('name of the worker in the logs of the brokers'),
  connectionTimeoutMs: millis(3_000).describe('how long a broker may take to answer a connection'),
  sessionTimeoutMs: millis(30_000).describe('a worker not heard of for this long loses its partitions'),
  maxFetchBytes: positive(4_194_304).describe('most bytes of one fetch, over all partitions'),
  fetchWaitMs: millis(100).describe('how long the broker may wait to fill a fetch'),
  delivery: z
    .enum(['at-least-once', 'exactly-once'])
    .default('at-least-once')
    .describe('how results and dead letters are written: exactly-once in transactions; see docs/delivery.md'),
});

const streams = section({
  kind: z.enum(['memory', 'file', 'kafka']).default('kafka').describe('where records come from and go to'),
  kafka,
  file: section({
    directory: z.string().min(1).default('data/streams').describe('one file per topic and partition'),
  }),
  group: z.string().min(1).default('sentiflux').describe('prefix of the consumer groups, one group a role'),
  maxInFlightRecords: positive(8_192).describe(
    'fetching pauses above this many unsettled records a partition',
  ),
  maxInFlightBytes: positive(16_777_216).describe('the same in bytes'),
  stallAfterMs: positive(60_000).describe(
    'records that wait this long while nothing is worked on: the consumer is made anew, and if that does not help the worker ends with status 75',
  ),
});

const topics = section({
  posts: z.string().min(1).default('posts.raw').describe('posts come in here, keyed by id'),
  scored: z.string().min(1).default('sentiment.scored').describe('one result a post'),
  aggregates: z
    .string()
    .min(1)
    .default('sentiment.aggregates')
    .describe('closed windows and their revisions'),
  alerts: z.string().min(1).default('sentiment.alerts').describe('alerts that fire and are resolved'),
  deadLetters: z.string().min(1).default('posts.dead-letters').describe('records that cannot be scored'),
  partitions: positive(4).describe('of posts, scored and dead letters; used by `topics create`'),
  replication: positive(3).describe(
    'what `topics create` makes, and the least that `topics check` and the start of the worker accept; less than 3 says that this is a test cluster',
  ),
  minInsyncReplicas: positive(2).describe('the same for min.insync.replicas; at most the replication'),
});

const input = section({
  fields: section({
    id: fieldPath('id').describe('falls back to the record key'),
    source: fieldPath('source').describe('kind or name of where it was posted'),
    text: fieldPath('text').describe('the only field that must be there'),
    author: fieldPath('author').describe('id or handle; leaves the worker only as a keyed hash'),
    createdAt: fieldPath('createdAt').describe(
      'ISO 8601, or a number of seconds or milliseconds; falls back to the record timestamp when absent',
    ),
    updatedAt: fieldPath('updatedAt').describe('falls back to createdAt'),
    language: fieldPath('language').describe('BCP 47 tag; a hint'),
    url: fieldPath('url').describe('address of the post'),
    replyTo: fieldPath('replyTo').describe('id of the post that it answers'),
    reach: fieldPath('reach').describe('how many people it reached: likes, reposts, followers'),
  }),
  defaultSource: z.string().min(1).default('unknown').describe('source of a message that names none'),
  maxBytes: positive(65_536).describe('a larger value is a dead letter'),
});

const output = section({
  includeText: z.boolean().default(false).describe('put the text of the post into sentiment.scored'),
  authorKey: z
    .string()
    .min(1)
    .optional()
    .describe('secret of the author hash; without one it lasts as long as the process'),
});

const scoring = section({
  model: z.string().min(1).optional().describe('directory of a model bundle; the shipped one by default'),
  engine: z.enum(['auto', 'onnx', 'tfjs-node', 'wasm']).default('auto').describe('auto: onnx, else wasm'),
  precision: z.enum(['float32', 'int8']).default('int8').describe('of the weights of the LSTM'),
  threads: z.number().int().nonnegative().default(0).describe('scorer threads; 0: one a core, at most 8'),
  maxBatchRecords: positive(512).describe('most records in one batch'),
  batchTimeoutMs: positive(30_000).describe(
    'a scorer thread that takes longer over a batch is replaced, and the batch is scored again',
  ),
  threadHeapMb: positive(512).describe('most memory of the JavaScript objects of a scorer thread, in MiB'),
  lowConfidence: z
    .number()
    .min(0)
    .max(1)
    .default(0.45)
    .describe('below it a result is flagged low_confidence'),
});

const aggregation = section({
  store: z.enum(['memory', 'redis']).default('redis').describe('where windows are kept'),
  namespace: z
    .string()
    .regex(NAMESPACE)
    .default('live')
    .describe('prefix of the keys, so that several workers can share a Redis'),
  outOfOrdernessMs: millis(5_000).describe('the watermark stays this far behind the greatest event time'),
  allowedLatenessMs: millis(120_000).describe('how long after closing a window may still change'),
  idleAfterMs: millis(10_000).describe('a partition without posts for this long holds no watermark back'),
  futureToleranceMs: millis(300_000).describe('a post this far ahead of its record is flagged future'),
  closeEveryMs: positive(1_000).describe('wait between two looks for windows to close'),
  retentionMs: section({
    '10s': millis(2 * 3_600_000).describe('of windows of 10s'),
    '1m': millis(2 * 86_400_000).describe('of windows of 1m'),
    '5m': millis(8 * 86_400_000).describe('of windows of 5m'),
    '1h': millis(36 * 86_400_000).describe('of windows of 1h'),
  }).describe('how long windows are kept; a post older than that is counted as old'),
  retractionHorizonMs: millis(86_400_000).describe('how long edits and deletions correct counts'),
});

const redis = section({
  url: z.string().min(1).default('redis://127.0.0.1:6379').describe('redis:// or rediss:// address'),
  connectTimeoutMs: millis(5_000).describe('how long Redis may take to answer a connection'),
});

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of the day such as 22:00');
const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'must be a time zone such as Europe/Berlin' })
  .default('UTC');
const moment = z.iso.datetime({ offset: true }).transform((text) => epochMillis(Date.parse(text)));

const rule = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]+$/),
    brands: z
      .array(z.string())
      .optional()
      .describe('all brands by default; `_all` (every post once) only where it is named'),
    measure: z
      .enum(ALERT_MEASURES)
      .default('negative_count')
      .describe('negative_count, negative_share, volume or polarity (fires when the mean falls)'),
    tier: z.enum(TIERS).default('5m').describe('size of the windows'),
    sensitivity: z
      .enum(['low', 'medium', 'high'])
      .default('medium')
      .describe(
        '0.05, 0.5 or 5 alerts a brand and month by chance, of surges that a brand sees once in 30, 10 or 5 days',
      ),
    falseAlertsPerMonth: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe(
        'how many alerts by chance are accepted a month over all brands of the rule, in place of what the sensitivity says',
      ),
    surgeWindows: z
      .number()
      .int()
      .min(1)
      .max(12)
      .default(3)
      .describe('a surge may spread: the newest 1, 2, … up to this many windows are looked at together'),
    lagMs: millis(3_600_000).describe(
      'the newest windows that tell nothing about the usual, so that a surge that builds up does not count as usual',
    ),
    minHistoryMs: millis(7_200_000).describe(
      'with less known of a brand than this, and 24 windows, nothing is said',
    ),
    deduplicate: z
      .boolean()
      .default(true)
      .describe('leave out near-duplicates and the many posts of one author, where windows know them'),
    minPosts: z
      .number()
      .int()
      .positive()
      .optional()
      .describe(
        'with fewer posts than this nothing fires: of those that are counted (8), or that have a share or a mean (20)',
      ),
    minAuthors: positive(3).describe('nothing fires with fewer different authors, where windows know them'),
    forMs: millis(0).describe('a surge must last this long before it fires'),
    keepFiringMs: millis(600_000).describe('it must be over for this long before it is resolved'),
    resolveRatio: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('it is over below this part of the strength that fires'),
    cooldownMs: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe(
        'after firing nothing fires again for this long, but for a surge half as strong again; a day for volume, 4 h for the others',
      ),
    maxFiringMs: positive(86_400_000).describe('an alert that fires for this long ends as re-baselined'),
    quietHours: z
      .strictObject({ from: clockTime, to: clockTime, timeZone })
      .optional()
      .describe('nothing fires then; a surge that still lasts afterwards does'),
  })
  .refine(({ lagMs, surgeWindows, tier }) => lagMs >= surgeWindows * TIER_MILLIS[tier], {
    path: ['lagMs'],
    error: 'must be at least surgeWindows windows long: a window cannot be its own baseline',
  });

const silence = z
  .strictObject({
    from: moment,
    to: moment,
    brand: z.string().optional().describe('all by default'),
    rule: z.string().optional().describe('all by default'),
    reason: z.string().optional(),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be later than from' });

const webhook = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().min(1).optional().describe('signs the body with HMAC-SHA256'),
  timeoutMs: positive(5_000),
});

const alerting = section({
  scheduler: z
    .enum(['memory', 'bullmq'])
    .default('bullmq')
    .describe('where jobs and the states of alerts live: in this process, or in Redis'),
  evaluateEveryMs: positive(5_000).describe('wait between two evaluations of the rules'),
  lookBackMs: millis(86_400_000).describe('how far back a rule looks that has never run for a brand'),
  rules: z
    .array(rule)
    .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, {
      error: 'each rule needs a name of its own',
    })
    .default([rule.parse({ name: 'negative-surge' })])
    .describe('what fires: each has a name; see docs/alerts.md'),
  silences: z
    .array(silence)
    .default([])
    .describe('from, to, brand, rule, reason: nothing fires meanwhile; see docs/alerts.md'),
  webhooks: z.array(webhook).default([]).describe('who is told of alerts: url, secret, timeoutMs'),
  deliveryAttempts: positive(8).describe('attempts of one delivery before it is given up'),
  deliveryBackoffMs: positive(1_000).describe(
    'wait before the second attempt, less up to half by chance; doubles each time',
  ),
});

const server = (defaultPort: number) =>
  section({
    host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
    port: port(defaultPort).describe('0 for any that is free'),
  });

/** One rule with its defaults, for what runs without a configuration. */
export const alertRuleSchema = rule;

/** The whole configuration, with its defaults. docs/configuration.md describes each key. */
export const configSchema = z.strictObject({
  streams,
  topics,
  input,
  output,
  brands: z
    .string()
    .min(1)
    .optional()
    .describe('file with the brands; the path is relative to the configuration'),
  scoring,
  aggregation,
  redis,
  alerting,
  api: server(8080).describe('public routes and the page'),
  ops: server(8081).describe('live, ready, reload of the model; never public'),
  log: section({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('least that is logged'),
  }),
});

export type Config = Readonly<z.infer<typeof configSchema>>;
export type InputConfig = Config['input'];
export type ScoringConfig = Config['scoring'];
export type AggregationConfig = Config['aggregation'];
export type AlertingConfig = Config['alerting'];
export type AlertRule = z.infer<typeof rule>;
export type Silence = Readonly<z.infer<typeof silence>>;
export type WebhookConfig = z.infer<typeof webhook>;
export type StreamsConfig = Config['streams'];

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

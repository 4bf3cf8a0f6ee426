import { z } from 'zod';
import { ALERT_MEASURES } from '../contracts/alert.js';
import { epochMillis, NAMESPACE } from '../contracts/ids.js';
import { isTimeZone } from '../contracts/time-zone.js';
import { FIXED_TIERS, TIER_MILLIS } from '../contracts/window.js';
import { kafka, redis } from './connections.js';
import { receiver } from './receivers.js';
import { sources } from './sources.js';
import { millis, port, positive, secretPart, secretText, section } from './values.js';

/** `a.b.c` or `a[0].b` into a message; several alternatives are tried in order. */
const fieldPath = (value: string) =>
  z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).default(value);

const streams = section({
  kind: z.enum(['memory', 'file', 'kafka']).default('kafka').describe('where records come from and go to'),
  kafka,
  file: section({
    directory: z.string().min(1).default('data/streams').describe('one file per topic and partition'),
  }),
  group: z.string().min(1).default('sentiflux').describe('prefix of the consumer groups, one group a role'),
  maxInFlightRecords: positive(4_096).describe(
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
  cursors: z
    .string()
    .min(1)
    .default('posts.cursors')
    .describe('how far sources have been read; only `ingest` needs it'),
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
  registry: section({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({
        description:
          'of a schema registry, for values in its wire format: Avro, Protobuf or JSON; others are JSON',
        ...secretPart('userinfo'),
      }),
    username: z.string().min(1).optional().describe('to log in to it, where the address holds none'),
    password: secretText('to log in to it'),
    timeoutMs: millis(5_000).describe('how long it may take to answer'),
  }),
});

const output = section({
  includeText: z.boolean().default(false).describe('put the text of the post into sentiment.scored'),
  authorKey: secretText('secret of the author hash; without one it lasts as long as the process'),
});

const scoring = section({
  model: z.string().min(1).optional().describe('directory of a model bundle; the shipped one by default'),
  engine: z
    .enum(['auto', 'native', 'onnx', 'tfjs-node', 'wasm'])
    .default('auto')
    .describe('auto: the fastest that can start; in int8 native, onnx, wasm, in float32 onnx, wasm'),
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
  latenessBySourceMs: z
    .record(z.string(), z.number().int().nonnegative())
    .default({})
    .describe(
      'of sources that come later than allowedLatenessMs, by source; windows are final after the longest (what `sources` names comes with its own)',
    ),
  idleAfterMs: millis(10_000).describe('a partition without posts for this long holds no watermark back'),
  futureToleranceMs: millis(300_000).describe('a post this far ahead of its record is flagged future'),
  closeEveryMs: positive(1_000).describe('wait between two looks for windows to close'),
  retentionMs: section({
    '10s': millis(2 * 3_600_000).describe('of windows of 10s'),
    '1m': millis(2 * 86_400_000).describe('of windows of 1m'),
    '5m': millis(8 * 86_400_000).describe('of windows of 5m'),
    '1h': millis(36 * 86_400_000).describe('of windows of 1h'),
    '1d': millis(92 * 86_400_000).describe('of windows of 1d'),
  }).describe('how long windows are kept; a post older than all of them is counted as old'),
  retractionHorizonMs: millis(86_400_000).describe('how long edits and deletions correct counts, at least'),
  nearDuplicateMs: millis(3_600_000).describe(
    'a post whose text is near that of one so long before or after it is a repeat: not one of `distinct`',
  ),
  postsPerAuthor: positive(3).describe('most posts of an author in a window that `distinct` counts'),
  recentPosts: positive(65_536).describe(
    'posts of a partition that are kept to tell their repeats, the last ones, some 110 bytes each in Redis and 200 in memory',
  ),
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
    tier: z.enum(FIXED_TIERS).default('5m').describe('size of the windows'),
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

const alerting = section({
  scheduler: z
    .enum(['memory', 'bullmq'])
    .default('bullmq')
    .describe('where jobs and the states of alerts live: in this process, or in Redis'),
  evaluateEveryMs: positive(5_000).describe('wait between two evaluations of the rules'),
  lookBackMs: millis(86_400_000).describe('how far back a rule looks that has never run for a brand'),
  rules: z
    .array(rule)
    .refine(haveNamesOfTheirOwn, { error: 'each rule needs a name of its own' })
    .default([rule.parse({ name: 'negative-surge' })])
    .describe('what fires: each has a name; see docs/alerts.md'),
  silences: z
    .array(silence)
    .default([])
    .describe('from, to, brand, rule, reason: nothing fires meanwhile; see docs/alerts.md'),
  receivers: z
    .array(receiver)
    .refine(haveNamesOfTheirOwn, { error: 'each receiver needs a name of its own' })
    .default([])
    .describe('who is told of alerts; see docs/receivers.md'),
  language: z.enum(['en', 'zh']).default('en').describe('of what receivers are told'),
  pageUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('address at which people reach the page; what receivers are told links to it'),
  deliveryAttempts: positive(8).describe('attempts of one delivery before it is given up'),
  deliveryBackoffMs: positive(1_000).describe(
    'wait before the second attempt, less up to half by chance; doubles each time',
  ),
}).superRefine(({ rules, receivers }, { addIssue }) => {
  const names = new Set(rules.map(({ name }) => name));
  for (const [i, { rules: told = [] }] of receivers.entries()) {
    const unknown = told.find((name) => !names.has(name));
    if (unknown === undefined) continue;
    const message = `no rule is named "${unknown}": the receiver would never hear of it`;
    addIssue({ code: 'custom', path: ['receivers', i, 'rules'], message });
  }
});

const address = (defaultPort: number) => ({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: port(defaultPort).describe('0 for any that is free'),
});

/** What a token lets its holder do: read everything, score texts, or change what people see and are told. */
export const API_SCOPES = ['read', 'score', 'admin'] as const;
export const TOKEN_NAME = /^[\w.-]{1,64}$/;

const apiToken = z.strictObject({
  name: z.string().regex(TOKEN_NAME, 'expected up to 64 letters, digits, _, . or -'),
  scopes: z.array(z.enum(API_SCOPES)).min(1),
  // No secret by itself; but whoever mistakes it writes the token here.
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits, as `token create` prints them')
    .meta(secretPart('value')),
});

const api = section({
  ...address(8080),
  tokens: z
    .array(apiToken)
    .refine(haveNamesOfTheirOwn, { error: 'each token needs a name of its own' })
    .default([])
    .describe(
      'who may ask: name, scopes, sha256 (`sentiflux token create` prints the entry); without any, only this machine may; see docs/api.md',
    ),
  anonymous: z
    .boolean()
    .default(false)
    .describe(
      'true: nobody is asked for a token, whatever the address; where something else keeps strangers out',
    ),
  trustedProxies: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'addresses or networks of reverse proxies, whose X-Forwarded-For, -Proto and -Host are believed; `loopback` for this machine',
    ),
  sessionKey: z
    .string()
    .min(32)
    .optional()
    .meta({
      description:
        'secret of the sessions of signed-in pages, the same for every api process; without one they end with the process',
      ...secretPart('value'),
    }),
  sessionMs: positive(43_200_000).describe('how long a page stays signed in'),
  requestsPerMinute: positive(1_200).describe('of one token or address; more are refused with status 429'),
  scoresPerMinute: positive(300).describe('of those that score texts, which are counted apart'),
  stream: section({
    maxReaders: positive(256).describe('readers of the live stream at a time'),
    maxReadersPerCaller: positive(32).describe('the same of one token or address'),
  }),
  cors: section({
    origins: z
      .array(
        z.url({ protocol: /^https?$/ }).refine((url) => new URL(url).origin === url, {
          error: 'expected an origin, such as https://example.com',
        }),
      )
      .default([])
      .describe('origins whose pages may ask with a token of their own, such as https://example.com'),
  }),
});

/** One rule with its defaults, for what runs without a configuration, and for the API, which shows the rules. */
export const alertRuleSchema = rule;

/** The whole configuration, with its defaults. docs/configuration.md describes each key. */
export const configSchema = z.strictObject({
  streams,
  topics,
  input,
  sources,
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
  api: api.describe('public routes and the page'),
  ops: section(address(8081)).describe('live, ready, metrics, reload of the model; never public'),
  telemetry: section({
    prometheus: z.boolean().default(true).describe('serve /metrics at the ops port'),
    brands: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'brands that metrics tell apart; none by default, since each is a series of its own for whoever keeps them',
      ),
  }).describe('metrics; see docs/telemetry.md, also for the variables OTEL_…'),
  log: section({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('least that is logged'),
  }),
});

export type Config = Readonly<z.infer<typeof configSchema>>;
/** The configuration as people write it: every key may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
export type InputConfig = Config['input'];
export type RegistryConfig = InputConfig['registry'];
export type SourcesConfig = Config['sources'];
export type ScoringConfig = Config['scoring'];
export type AggregationConfig = Config['aggregation'];
export type AlertingConfig = Config['alerting'];
export type ApiConfig = Config['api'];
export type ApiToken = Readonly<z.infer<typeof apiToken>>;
export type ApiScope = (typeof API_SCOPES)[number];
export type AlertRule = z.infer<typeof rule>;
export type { Sasl } from './connections.js';
export type {
  AlertmanagerConfig,
  EmailConfig,
  PagerdutyConfig,
  ReceiverConfig,
  ReceiverKind,
  SlackConfig,
  TeamsConfig,
  WebhookConfig,
} from './receivers.js';
export type Silence = Readonly<z.infer<typeof silence>>;
export type StreamsConfig = Config['streams'];
export type RedisConfig = Config['redis'];

function haveNamesOfTheirOwn(items: ReadonlyArray<{ readonly name: string }>): boolean {
  return new Set(items.map(({ name }) => name)).size === items.length;
}

import { z } from 'zod';
import { secretPart, secretText } from './values.js';

/** Names that stand in keys, jobs and metrics. */
export const NAME = /^[a-z0-9-]{1,64}$/;

const common = {
  name: z.string().regex(NAME).describe('of its own: it stands in jobs, logs and on the command line'),
  brands: z.array(z.string()).min(1).optional().describe('told of these brands only'),
  rules: z.array(z.string()).min(1).optional().describe('told of these rules only'),
  perMinute: z
    .number()
    .int()
    .positive()
    .default(60)
    .describe('most attempts a minute, over all processes; what is beyond waits'),
  timeoutMs: z.number().int().positive().default(5_000).describe('how long an attempt may take'),
};

const address = z.url({ protocol: /^https?$/ });

const overHttp = {
  ...common,
  allowPrivate: z
    .boolean()
    .default(false)
    .describe('whether its address may be a private one (loopback, 10.0.0.0/8, …)'),
};

const webhook = z.strictObject({
  kind: z.literal('webhook'),
  ...overHttp,
  url: address.meta(secretPart('path')),
  secret: secretText('signs the body with HMAC-SHA256'),
});

const alertmanager = z.strictObject({
  kind: z.literal('alertmanager'),
  ...overHttp,
  url: address.meta({
    description: 'of Alertmanager itself, e.g. http://alertmanager:9093',
    ...secretPart('userinfo'),
  }),
  bearerToken: secretText('sent as Authorization'),
  labels: z.record(z.string().regex(/^[a-zA-Z_]\w*$/), z.string()).default({}),
});

const pagerduty = z.strictObject({
  kind: z.literal('pagerduty'),
  ...overHttp,
  url: address.default('https://events.pagerduty.com/v2/enqueue'),
  routingKey: z
    .string()
    .min(1)
    .meta({ description: 'integration key of a service, Events API v2', ...secretPart('value') }),
  severity: z.enum(['critical', 'error', 'warning', 'info']).default('error'),
});

const slack = z.strictObject({
  kind: z.literal('slack'),
  ...overHttp,
  url: address.meta({ description: 'of an incoming webhook', ...secretPart('path') }),
});

const teams = z.strictObject({
  kind: z.literal('teams'),
  ...overHttp,
  url: address.meta({
    description: 'of a workflow that posts what a webhook receives',
    ...secretPart('path'),
  }),
});

const email = z
  .strictObject({
    kind: z.literal('email'),
    ...common,
    host: z.string().min(1).describe('SMTP server'),
    port: z.number().int().min(1).max(65_535).default(587),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('starttls: nothing is sent where the server does not offer it'),
    user: z.string().min(1).optional(),
    password: secretText('of the user'),
    from: z.email(),
    to: z.array(z.email()).min(1),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    error: 'user and password belong together',
  });

/** Somebody who is told of alerts. */
export const receiver = z.discriminatedUnion('kind', [webhook, alertmanager, pagerduty, slack, teams, email]);

export type ReceiverConfig = Readonly<z.infer<typeof receiver>>;
export type ReceiverKind = ReceiverConfig['kind'];
export type WebhookConfig = z.infer<typeof webhook>;
export type AlertmanagerConfig = z.infer<typeof alertmanager>;
export type PagerdutyConfig = z.infer<typeof pagerduty>;
export type SlackConfig = z.infer<typeof slack>;
export type TeamsConfig = z.infer<typeof teams>;
export type EmailConfig = z.infer<typeof email>;

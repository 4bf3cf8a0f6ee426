import { z } from 'zod';

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
  url: address,
  secret: z.string().min(1).optional().describe('signs the body with HMAC-SHA256'),
});

const alertmanager = z.strictObject({
  kind: z.literal('alertmanager'),
  ...overHttp,
  url: address.describe('of Alertmanager itself, e.g. http://alertmanager:9093'),
  bearerToken: z.string().min(1).optional(),
  labels: z.record(z.string().regex(/^[a-zA-Z_]\w*$/), z.string()).default({}),
});

const pagerduty = z.strictObject({
  kind: z.literal('pagerduty'),
  ...overHttp,
  url: address.default('https://events.pagerduty.com/v2/enqueue'),
  routingKey: z.string().min(1).describe('integration key of a service, Events API v2'),
  severity: z.enum(['critical', 'error', 'warning', 'info']).default('error'),
});

const slack = z.strictObject({
  kind: z.literal('slack'),
  ...overHttp,
  url: address.describe('of an incoming webhook'),
});

const teams = z.strictObject({
  kind: z.literal('teams'),
  ...overHttp,
  url: address.describe('of a workflow that posts what a webhook receives'),
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
    password: z.string().min(1).optional(),
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

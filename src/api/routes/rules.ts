import { z } from 'zod';
import { type AlertRule, alertRuleSchema } from '../../config/schema.js';
import { type Alert, alertSchema } from '../../contracts/alert.js';
import type { Clock } from '../../contracts/clock.js';
import { SentifluxError } from '../../contracts/errors.js';
import type { BrandId, EpochMillis } from '../../contracts/ids.js';
import type { WindowReader } from '../../contracts/window-reader.js';
import type { BrandList } from '../brand-list.js';
import { errorSchema } from '../errors.js';
import { type Api, badRequest } from '../schema.js';
import { timeInBody } from './parameters.js';

/** A trial takes up to a second or so of the process's time. */
const TRIALS_PER_MINUTE = 30;
const MOST_TRIALS_AT_ONCE = 2;

/** What a rule would have done on the stored windows of a brand. */
export type TryRule = (asked: {
  readonly rule: AlertRule;
  readonly brand: BrandId;
  /** How many brands the rule would watch. */
  readonly brands: number;
  readonly from?: EpochMillis | undefined;
  readonly to?: EpochMillis | undefined;
  readonly watermark: EpochMillis;
}) => Promise<{
  readonly from: EpochMillis;
  readonly to: EpochMillis;
  readonly knownSince?: EpochMillis;
  readonly windows: number;
  readonly alerts: readonly Alert[];
}>;

const { properties } = z.toJSONSchema(alertRuleSchema, { io: 'input' });

const bodySchema = z.strictObject({
  brand: z.string(),
  rule: z
    .string()
    .optional()
    .describe('Name of a rule of the configuration, whose settings hold where none are given'),
  settings: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('As of a rule in the configuration; what is left out is as in the rule, or by default')
    // Checked below, together with those of the rule; here they are described.
    .meta({ properties }),
  from: timeInBody.optional().describe('As far back as windows are kept by default'),
  to: timeInBody.optional().describe('The watermark by default'),
});

const time = z.number().int();
const trialSchema = z.object({
  brand: z.string(),
  rule: alertRuleSchema.describe('As it was tried'),
  from: time.describe('Alerts that fired after it are listed; not before the first window that is kept'),
  to: time.describe('End of the last window that was tested'),
  watermark: time.nullable(),
  knownSince: time
    .optional()
    .describe('Start of the first window that the rule learned from; missing where there is none'),
  windows: time.describe('Windows tested after `from`'),
  alerts: z.array(alertSchema).describe('As they stood at `to`, in order of their firing'),
});

export interface RuleRoutesOptions {
  readonly rules: readonly AlertRule[];
  readonly brands: BrandList;
  readonly tryRule: TryRule;
  readonly windows: Pick<WindowReader, 'watermark'>;
  readonly clock: Clock;
}

export function ruleRoutes(api: Api, { rules, brands, tryRule, windows, clock }: RuleRoutesOptions): void {
  let underWay = 0;

  api.get(
    '/v1/rules',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['alerts'],
        summary: 'The rules that fire alerts, as configured, with their defaults',
        response: { 200: z.object({ rules: z.array(alertRuleSchema) }) },
      },
    },
    async () => ({ rules }),
  );

  api.post(
    '/v1/rules/test',
    {
      config: { scope: 'read', rateLimit: { max: TRIALS_PER_MINUTE } },
      schema: {
        tags: ['alerts'],
        summary: 'Which alerts a rule would have fired for a brand in the past; changes nothing',
        description:
          'The rule runs over the windows that are kept, as if it had begun with the first of them; 5,000 at most. ' +
          'Silences are not looked at.',
        body: bodySchema,
        response: { 200: trialSchema, 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ body: { brand: id, rule: name, settings, from, to } }) => {
      const brand = brands.require(id);
      const rule = ruleOf(name === undefined ? undefined : requireRule(name, rules), settings);
      const watermark = await windows.watermark();
      const latest = watermark ?? clock.now();
      if (from !== undefined && from > (to ?? latest)) {
        throw new SentifluxError('SF_API_BAD_REQUEST', `from (${from}) is after to (${to ?? latest})`, {
          hint: 'Give from before to.',
        });
      }
      if (underWay >= MOST_TRIALS_AT_ONCE) {
        throw new SentifluxError('SF_API_TOO_MANY', `${MOST_TRIALS_AT_ONCE} trials are under way`, {
          hint: 'Ask again when one has ended.',
        });
      }
      underWay += 1;
      try {
        const watched = rule.brands?.length ?? brands.all.filter(({ builtIn }) => !builtIn).length;
        const trial = await tryRule({ rule, brand, brands: watched, from, to, watermark: latest });
        return { brand, rule, watermark: watermark ?? null, ...trial };
      } finally {
        underWay -= 1;
      }
    },
  );
}

/** @throws SentifluxError SF_API_NOT_FOUND */
export function requireRule(name: string, rules: readonly AlertRule[]): AlertRule {
  const found = rules.find((rule) => rule.name === name);
  if (found !== undefined) return found;
  throw new SentifluxError('SF_API_NOT_FOUND', `no rule ${JSON.stringify(name.slice(0, 64))}`, {
    hint: 'GET /v1/rules lists the rules.',
  });
}

function ruleOf(base: AlertRule | undefined, settings: Readonly<Record<string, unknown>>): AlertRule {
  const parsed = alertRuleSchema.safeParse({ name: 'trial', ...base, ...settings });
  if (parsed.success) return parsed.data;
  throw badRequest('body.settings', parsed.error);
}

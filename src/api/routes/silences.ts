import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AlertRule } from '../../config/schema.js';
import type { Clock } from '../../contracts/clock.js';
import { SentifluxError } from '../../contracts/errors.js';
import { type EpochMillis, epochMillis } from '../../contracts/ids.js';
import { type Silence, silenceSchema } from '../../contracts/silence.js';
import type { SilenceBook } from '../../contracts/silence-book.js';
import type { BrandList } from '../brand-list.js';
import { type CsvColumns, csvTime, sendCsv, toCsv, wantsCsv } from '../csv.js';
import { errorSchema } from '../errors.js';
import { jsonOrCsv } from '../openapi.js';
import type { Api } from '../schema.js';
import { formatParameter, timeInBody } from './parameters.js';
import { requireRule } from './rules.js';

const DAY_MILLIS = 86_400_000;
const LONGEST_DAYS = 90;
/** Every evaluation reads them all. */
const MOST_SILENCES = 1_000;
const name = z.string().trim().min(1).max(100);

const bodySchema = z.strictObject({
  from: timeInBody.optional().describe('Now by default'),
  to: timeInBody.describe(`Later than from and than now, and at most ${LONGEST_DAYS} days from now`),
  brand: z.string().optional().describe('Every brand by default'),
  rule: z.string().optional().describe('Every rule by default'),
  reason: z.string().trim().min(1).max(500),
  by: name.optional().describe('Who asks for it'),
});

const SILENCE_COLUMNS: CsvColumns<Silence> = {
  id: ({ id }) => id,
  from: ({ from }) => csvTime(from),
  to: ({ to }) => csvTime(to),
  brand: ({ brand }) => brand,
  rule: ({ rule }) => rule,
  reason: ({ reason }) => reason,
  by: ({ by }) => by,
  created_at: ({ createdAt }) => csvTime(createdAt),
};

export interface SilenceRoutesOptions {
  readonly silences: SilenceBook;
  readonly brands: BrandList;
  readonly rules: readonly AlertRule[];
  readonly clock: Clock;
}

export function silenceRoutes(api: Api, { silences, brands, rules, clock }: SilenceRoutesOptions): void {
  api.get(
    '/v1/silences',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['alerts'],
        summary: 'Silences that people have asked for and that have not ended, the first to end first',
        description: 'Those of the configuration are not among them.',
        querystring: z.strictObject({ format: formatParameter }),
        response: { 200: jsonOrCsv(z.object({ silences: z.array(silenceSchema) })), 400: errorSchema },
      },
    },
    async (request, reply) => {
      const listed = await silences.silences(clock.now());
      return wantsCsv(request, request.query.format)
        ? sendCsv(reply, 'silences', toCsv(SILENCE_COLUMNS, listed))
        : { silences: listed };
    },
  );

  api.post(
    '/v1/silences',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['alerts'],
        summary: 'Asks for silence: nothing begins to fire in windows that end in that time',
        body: bodySchema,
        response: { 201: silenceSchema, 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ body: { from, to, brand, rule, ...said } }, reply) => {
      const now = clock.now();
      const span = spanOf(from ?? now, to, now);
      const id = brand === undefined ? undefined : brands.require(brand);
      // A silence of a rule that nobody has would keep nothing quiet.
      if (rule !== undefined) requireRule(rule, rules);
      if ((await silences.silences(now)).length >= MOST_SILENCES) {
        throw new SentifluxError('SF_API_TOO_MANY', `there are ${MOST_SILENCES} silences`, {
          hint: 'End those that are needed no more with DELETE /v1/silences/{id}.',
        });
      }
      const silence: Silence = {
        v: 1,
        kind: 'silence',
        id: randomUUID(),
        ...span,
        ...(id !== undefined && { brand: id }),
        ...(rule !== undefined && { rule }),
        ...said,
        createdAt: now,
      };
      await silences.addSilence(silence);
      reply.status(201);
      return silence;
    },
  );

  api.delete(
    '/v1/silences/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['alerts'],
        summary: 'Ends a silence now; a second time changes nothing',
        params: z.object({ id: z.uuid() }),
        response: { 200: silenceSchema, 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ params: { id } }) => (await silences.endSilence(id, clock.now())) ?? noSuchSilence(id),
  );
}

function spanOf(from: EpochMillis, to: EpochMillis, now: EpochMillis): Pick<Silence, 'from' | 'to'> {
  const latest = epochMillis(now + LONGEST_DAYS * DAY_MILLIS);
  const refusal =
    to <= from
      ? `to (${to}) is not later than from (${from})`
      : to <= now
        ? `to (${to}) has passed; it is ${now}`
        : to > latest
          ? `to (${to}) is more than ${LONGEST_DAYS} days from now`
          : undefined;
  if (refusal === undefined) return { from, to };
  throw new SentifluxError('SF_API_BAD_REQUEST', refusal, {
    hint: `Give a to later than from and than now, and at most ${LONGEST_DAYS} days from now.`,
  });
}

function noSuchSilence(id: string): Silence {
  throw new SentifluxError('SF_API_NOT_FOUND', `no silence ${id}`, {
    hint: 'GET /v1/silences lists the silences.',
  });
}

import { z } from 'zod';
import { type Alert, alertSchema } from '../../contracts/alert.js';
import type { AlertBook } from '../../contracts/alert-book.js';
import type { Clock } from '../../contracts/clock.js';
import { SentifluxError } from '../../contracts/errors.js';
import { brandId } from '../../contracts/ids.js';
import { type CsvColumns, csvTime, sendCsv, toCsv, wantsCsv } from '../csv.js';
import { errorSchema } from '../errors.js';
import { jsonOrCsv } from '../openapi.js';
import type { Api } from '../schema.js';
import { countParameter, formatParameter, timeParameter } from './parameters.js';

const MOST_ALERTS = 500;

const ALERT_COLUMNS: CsvColumns<Alert> = {
  id: ({ id }) => id,
  brand: ({ brand }) => brand,
  rule: ({ rule }) => rule,
  state: ({ state }) => state,
  fired_at: ({ firedAt }) => csvTime(firedAt),
  resolved_at: ({ resolvedAt }) => csvTime(resolvedAt),
  tier: ({ window }) => window.tier,
  observed: ({ observed }) => observed,
  expected: ({ expected }) => expected,
  score: ({ score }) => score,
  peak: ({ peak }) => peak,
  posts: ({ evidence }) => evidence.posts,
  negative_share: ({ evidence }) => evidence.negativeShare,
  usual_negative_share: ({ evidence }) => evidence.baselineNegativeShare,
  acknowledged_by: ({ acknowledgement }) => acknowledgement?.by,
  acknowledged_at: ({ acknowledgement }) => csvTime(acknowledgement?.at),
};

export interface AlertRoutesOptions {
  readonly alerts: AlertBook;
  readonly clock: Clock;
}

export function alertRoutes(api: Api, { alerts, clock }: AlertRoutesOptions): void {
  const params = z.object({ id: z.string() });

  api.get(
    '/v1/alerts',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['alerts'],
        summary: 'Alerts, newest first',
        querystring: z.strictObject({
          brand: z
            .string()
            .transform((id) => brandId(id))
            .optional(),
          state: alertSchema.shape.state.optional(),
          from: timeParameter.optional().describe('That fired at this time or later'),
          to: timeParameter.optional().describe('That fired before this time'),
          limit: countParameter(1, MOST_ALERTS).default(50),
          format: formatParameter,
        }),
        response: { 200: jsonOrCsv(z.object({ alerts: z.array(alertSchema) })), 400: errorSchema },
      },
    },
    async (request, reply) => {
      const { brand, state, format, ...asked } = request.query;
      const listed = await alerts.list({ ...asked, ...(brand && { brand }), ...(state && { state }) });
      return wantsCsv(request, format)
        ? sendCsv(reply, 'alerts', toCsv(ALERT_COLUMNS, listed))
        : { alerts: listed };
    },
  );

  api.get(
    '/v1/alerts/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['alerts'],
        summary: 'One alert',
        params,
        response: { 200: alertSchema, 404: errorSchema },
      },
    },
    async ({ params: { id } }) => (await alerts.get(id)) ?? noSuchAlert(id),
  );

  api.post(
    '/v1/alerts/:id/acknowledge',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['alerts'],
        summary: 'Says that somebody has seen an alert; a second time changes nothing',
        params,
        body: z.strictObject({ by: z.string().trim().min(1).max(100).describe('Who has seen it') }),
        response: { 200: alertSchema, 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ params: { id }, body: { by } }) =>
      (await alerts.acknowledge(id, by, clock.now())) ?? noSuchAlert(id),
  );
}

function noSuchAlert(id: string): Alert {
  throw new SentifluxError('SF_API_NOT_FOUND', `no alert ${JSON.stringify(id)}`, {
    hint: 'GET /v1/alerts lists the alerts.',
  });
}

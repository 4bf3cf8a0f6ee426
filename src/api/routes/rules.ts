import { z } from 'zod';
import { type AlertRule, alertRuleSchema } from '../../config/schema.js';
import type { Api } from '../schema.js';

export function ruleRoutes(api: Api, { rules }: { readonly rules: readonly AlertRule[] }): void {
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
}

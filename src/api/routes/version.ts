import { z } from 'zod';
import type { Api } from '../schema.js';

export function versionRoutes(api: Api, { version }: { readonly version: string }): void {
  api.get(
    '/v1/version',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['version'],
        summary: 'Version of this worker',
        response: { 200: z.object({ version: z.string() }) },
      },
    },
    async () => ({ version }),
  );
}

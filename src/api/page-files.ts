import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { RouteScope } from './access.js';
import type { Api } from './schema.js';

const PAGE = fileURLToPath(new URL('./page/', import.meta.url));
const CHARTS = dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.iife.min.js'));
/** The chart library's own files, by the addresses under which the page asks for them. */
const CHART_FILES = { '/uplot.js': 'uPlot.iife.min.js', '/uplot.css': 'uPlot.min.css' } as const;

/** The files of the page. */
export async function pageFiles(api: Api): Promise<void> {
  // The page itself is no secret, and without it nobody could sign in.
  const scope: RouteScope = 'open';
  api.addHook('onRoute', (route) => {
    route.config = { ...route.config, scope };
  });
  // Without a wildcard only the files that are there now have addresses: no path can lead out of the folder.
  await api.register(fastifyStatic, { root: PAGE, wildcard: false, cacheControl: true, maxAge: 0 });
  for (const [address, file] of Object.entries(CHART_FILES)) {
    api.get(address, { schema: { hide: true } }, (_request, reply) => reply.sendFile(file, CHARTS));
  }
}

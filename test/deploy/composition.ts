import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { temporaryFolder } from '../support/temporary-folder.js';

const files = z.record(z.string(), z.object({ file: z.string() }));

/** deploy/compose.yaml with its merges made, as far as the tests look at it. */
export const composition = z
  .looseObject({
    services: z.record(
      z.string(),
      z.looseObject({
        image: z.string(),
        environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
        command: z.array(z.string()).optional(),
        ports: z.array(z.string()).default([]),
        configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
        secrets: z.array(z.string()).default([]),
        networks: z.array(z.string()),
      }),
    ),
    networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
    configs: files,
    secrets: files,
  })
  .parse(parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true }));

export const services = Object.entries(composition.services);
export const workers = services.filter(([, { image }]) => image === 'sentiflux:local');

export function serviceOf(name: string): (typeof services)[number][1] {
  const service = composition.services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

/** Makes the secrets into a folder of the test, and tells what is in them. */
export function madeSecrets() {
  const folder = join(temporaryFolder(), 'secrets');
  const { status, stderr } = spawnSync('deploy/compose/secrets.sh', [folder], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return {
    folder,
    secret: (name: string) => readFileSync(join(folder, name), 'utf8'),
    /** A text of the file with the paths that containers know in the place of these. */
    here: (text: string | number) => String(text).replaceAll('/run/secrets', folder),
  };
}

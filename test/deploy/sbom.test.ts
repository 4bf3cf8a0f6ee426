import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../support/temporary-folder.js';

const billSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.object({ component: z.object({ name: z.string(), version: z.string() }) }),
  components: z.array(z.looseObject({ name: z.string(), version: z.string(), purl: z.string() })),
});
const manifest = z
  .object({
    name: z.string(),
    version: z.string(),
    dependencies: z.record(z.string(), z.string()),
    optionalDependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

describe('the software bill of materials (make sbom)', () => {
  it('names what an installation holds, with versions, and nothing of what only builds it', {
    timeout: 180_000,
  }, () => {
    const folder = temporaryFolder();
    for (const file of ['package.json', 'package-lock.json', '.npmrc', 'scripts/sbom.mjs'])
      cpSync(file, join(folder, file));
    const { status, stderr } = spawnSync(process.execPath, ['scripts/sbom.mjs'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const bill = billSchema.parse(JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8')));
    expect(bill.metadata.component).toEqual({ name: manifest.name, version: manifest.version });
    const named = new Set(
      bill.components.map(({ purl }) => decodeURIComponent(purl).replace(/^pkg:npm\/|@[^@]+$/g, '')),
    );
    const installed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect(installed.filter((name) => !named.has(name))).toEqual([]);
    expect(
      Object.keys(manifest.devDependencies).filter((name) => named.has(name) && !isNeededToo(name)),
    ).toEqual([]);
  });
});

/** Others need it as well. */
function isNeededToo(name: string): boolean {
  const { packages } = z
    .object({ packages: z.record(z.string(), z.looseObject({ dev: z.boolean().default(false) })) })
    .parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  return packages[`node_modules/${name}`]?.dev === false;
}

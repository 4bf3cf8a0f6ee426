import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

/** What V8 says of flags that it does not know goes to stderr. */
function stderrOf(program: string): string {
  const loader = pathToFileURL(resolve('scripts/typescript.mjs')).href;
  const node = ['--import', loader, '--input-type=module', '--eval', program];
  return spawnSync(process.execPath, node, { encoding: 'utf8' }).stderr;
}

describe('the growth of heaps', () => {
  it('is set by a flag that this version of V8 knows', () => {
    const module = pathToFileURL(resolve('src/cli/heap-growth.ts')).href;
    expect(stderrOf(`import { letHeapsGrow } from '${module}'; letHeapsGrow();`)).toBe('');
    expect(stderrOf("import v8 from 'node:v8'; v8.setFlagsFromString('--no-such-flag');")).not.toBe('');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Each with what it prints. `sentiflux` is the compiled package: a package may import itself by its name. */
const EXAMPLES: Readonly<Record<string, RegExp>> = {
  'score.ts':
    /^positive 0\.\d\d en acme \nnegative 0\.\d\d zh {2}\nnegative 0\.\d\d en {2}.*not.*\nSF_POST_NO_TEXT .+\n$/,
  'own-source.ts': /^3 reviews are on posts\.raw\n$/,
  'own-sink.ts': /^1 positive\n2 negative\n$/,
  'own-detector.ts': /^more-than-ever of acme: 8 negative posts, 1 at most before\n$/,
};

describe('the examples', () => {
  // Each starts threads of its own, on a machine that may have other tests to run.
  it.each(Object.entries(EXAMPLES))(
    '%s runs as it is, and ends',
    { timeout: 300_000 },
    async (file, expected) => {
      const example = spawn(process.execPath, ['--import', './scripts/typescript.mjs', `examples/${file}`], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      example.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        stdout += chunk;
      });
      example.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      const [status] = await once(example, 'close');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(expected);
    },
  );

  it('are all tested, and stand in docs/library.md as they are', () => {
    expect(readdirSync('examples').toSorted()).toEqual(Object.keys(EXAMPLES).toSorted());
    const page = readFileSync('docs/library.md', 'utf8');
    for (const file of Object.keys(EXAMPLES)) {
      const shown = page.split(`<!-- examples/${file} -->\n\`\`\`ts\n`)[1]?.split('```')[0];
      expect(shown, file).toBe(readFileSync(`examples/${file}`, 'utf8'));
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../chaos/ports.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { shellBlocks } from './shown-commands.js';

const MAIN = resolve('dist/cli/main.js');

/** A terminal in the clone, in which `npx sentiflux` is the compiled program, with ports and a folder of its own. */
async function terminal() {
  const folder = temporaryFolder();
  const programs = {
    npx: '#!/bin/sh\nexec "$@"\n',
    sentiflux: `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`,
    // The tests begin with it.
    make: '#!/bin/sh\n[ "$*" = build ]\n',
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
  const [api, ops] = await freePorts(2);
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env.PATH}`,
    SENTIFLUX_STREAMS_FILE_DIRECTORY: join(folder, 'streams'),
    SENTIFLUX_API_PORT: `${api}`,
    SENTIFLUX_OPS_PORT: `${ops}`,
  };
  /** @param block as the page shows it; what `npx sentiflux run` begins goes on until the test ends */
  const type = (block: string) => {
    const script = block.replaceAll('127.0.0.1:8080', `127.0.0.1:${api}`);
    // A group of its own, since it is bash's children that go on.
    const bash = spawn('/bin/bash', ['-euo', 'pipefail', '-c', script], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    onTestFinished(() => {
      try {
        process.kill(-(bash.pid ?? 0), 'SIGKILL');
      } catch {
        // It has ended.
      }
    });
    let output = '';
    for (const stream of [bash.stdout, bash.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    return {
      output: () => output,
      async ended() {
        await once(bash, 'close');
        expect({ status: bash.exitCode, output }).toMatchObject({ status: 0 });
        return output;
      },
      async says(text: string) {
        while (!output.includes(text)) {
          if (bash.exitCode !== null) throw new Error(`it ended: ${output}`);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
    };
  };
  return { type };
}

describe('docs/start.md', () => {
  it('leads from a clone to a post that is counted, command by command', { timeout: 300_000 }, async () => {
    const [score = '', run = '', produce = '', ask = '', ...others] = shellBlocks('docs/start.md');
    expect(others).toEqual([]);
    const { type } = await terminal();

    const scored = await type(score).ended();
    expect(scored).toMatch(/^\{"line":1,"label":"positive",/m);
    expect(scored).toContain('"explanation":[');

    await type(run).says('sentiflux is running');
    // Its last command asks at once, and the post may still be under way.
    let counted = await type(produce).ended();
    expect(counted).toContain('1 posts written to posts.raw');
    const again = produce.split('\n').findLast((line) => line.startsWith('curl')) ?? '';
    while (!counted.includes('"counted":1')) counted = await type(again).ended();

    expect(await type(ask).ended()).toContain('"label":"negative"');
  });
});

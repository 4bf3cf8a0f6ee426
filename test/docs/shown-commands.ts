import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Every page that is written for users. */
export const PAGES: readonly string[] = [
  'README.md',
  'README.zh-CN.md',
  'SECURITY.md',
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** A command as a page shows it: the program and its arguments, `npx` left out. */
export type ShownCommand = readonly string[];

/** The blocks of a page that are for a shell. */
export function shellBlocks(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
}

/** What the commands are run by in place of the programs: it notes what it is asked for. */
const NOTES_ONLY = `#!/bin/sh\nprintf '%s\\0' "\${0##*/}" "$@" "$END" >>"$NOTED"\n`;
const END = '\u0001';
const PROGRAMS = [
  'sentiflux',
  'node',
  'npx',
  'npm',
  'make',
  'curl',
  'docker',
  'kubectl',
  'helm',
  'openssl',
  'kill',
  'ln',
  'mv',
];
const SCRIPTS = ['deploy/compose/secrets.sh'];

/**
 * The commands of a page as bash reads them, with what it has to say about them. Nothing is run but bash's own: every
 * program is replaced by one that notes its arguments.
 */
export function shownCommands(page: string): {
  readonly commands: readonly ShownCommand[];
  readonly complaints: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'sentiflux-docs-'));
  try {
    const noted = join(folder, 'noted');
    writeFileSync(noted, '');
    for (const program of [...PROGRAMS.map((name) => `bin/${name}`), ...SCRIPTS]) {
      const path = join(folder, program);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, NOTES_ONLY);
      chmodSync(path, 0o755);
    }
    const { stderr } = spawnSync('/bin/bash', ['-eu'], {
      cwd: folder,
      encoding: 'utf8',
      // bash would kill by itself.
      input: ['enable -n kill', ...shellBlocks(page)].join('\n'),
      env: {
        PATH: join(folder, 'bin'),
        NOTED: noted,
        END,
        // What the pages take for given.
        TOKEN: 'sft_token',
        API: 'http://127.0.0.1:8080',
        PID: '1',
      },
    });
    const commands = readFileSync(noted, 'utf8')
      .split(`${END}\0`)
      .slice(0, -1)
      .map((line) => line.split('\0').slice(0, -1))
      .map(([program = '', ...args]) => (program === 'npx' ? args : [program, ...args]));
    return { commands, complaints: stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

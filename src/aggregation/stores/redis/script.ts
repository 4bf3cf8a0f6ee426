import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script: called by its hash, so that its text crosses the network once. */
export interface Script {
  /** That of its file. */
  readonly name: string;
  readonly text: string;
  readonly sha1: string;
}

/** Reads a script beside this file. The number in its name says how many keys it takes. */
function script(file: string): Script {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return {
    name: file.slice('./'.length, -'.lua'.length),
    text,
    sha1: createHash('sha1').update(text).digest('hex'),
  };
}

export const scripts = {
  apply: script('./apply-5.lua'),
  read: script('./read-2.lua'),
  markIdle: script('./mark-idle-1.lua'),
  elect: script('./elect-1.lua'),
  resign: script('./resign-1.lua'),
  announce: script('./announce-1.lua'),
  replaceWindows: script('./replace-windows-1.lua'),
  finishPass: script('./finish-pass-2.lua'),
  clearDirty: script('./clear-dirty-1.lua'),
} as const;

export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

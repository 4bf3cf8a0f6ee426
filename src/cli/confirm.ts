import { createInterface } from 'node:readline/promises';
import { SentifluxError } from '../contracts/errors.js';

/**
 * Asks on the terminal whether to go on.
 *
 * @throws SentifluxError SF_USAGE where nobody can be asked
 */
export async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new SentifluxError('SF_USAGE', 'there is no terminal to ask on.', {
      hint: 'Give --yes to go on without being asked.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

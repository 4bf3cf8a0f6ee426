import { describe, expect, it } from 'vitest';
import { exitStatusOf } from '../../src/cli/exit.js';
import { SentifluxError } from '../../src/contracts/errors.js';

describe('the status that an error ends the command with', () => {
  it.each([
    ['SF_STREAM_CRASHED', 1],
    ['SF_SCORER_FAILED', 1],
    ['SF_CONFIG_INVALID', 2],
    ['SF_STREAM_STALLED', 75],
  ] as const)('of %s is %i', (code, status) => {
    expect(exitStatusOf(new SentifluxError(code, 'what happened'))).toBe(status);
  });

  it('of any other error is 1', () => {
    expect(exitStatusOf(new Error('what happened'))).toBe(1);
  });
});

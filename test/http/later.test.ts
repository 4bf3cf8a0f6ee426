import { describe, expect, it } from 'vitest';
import { mayPass } from '../../src/http/later.js';

describe('a status that is no success', () => {
  it.each([408, 425, 429, 500, 501, 502, 503, 504, 599])('may pass: %i', (status) => {
    expect(mayPass(status)).toBe(true);
  });

  it.each([301, 304, 400, 401, 403, 404, 410, 422, 451])('stays: %i', (status) => {
    expect(mayPass(status)).toBe(false);
  });
});

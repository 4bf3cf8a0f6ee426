import { describe, expect, it } from 'vitest';
import { between } from './page.js';

describe('a section of the page', () => {
  it('takes the place of the one before, and leaves the others', () => {
    const page = 'above\n<!-- soak -->\n\nold\n\n<!-- /soak -->\nbelow <!-- bench -->\n<!-- /bench -->\n';
    expect(between(page, 'soak', 'new $& text')).toBe(
      'above\n<!-- soak -->\n\nnew $& text\n\n<!-- /soak -->\nbelow <!-- bench -->\n<!-- /bench -->\n',
    );
  });

  it('is not written where the page has no place for it', () => {
    expect(() => between('no marks', 'soak', 'text')).toThrow(/no marks <!-- soak -->/);
  });
});

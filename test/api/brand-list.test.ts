import { describe, expect, it } from 'vitest';
import { createBrandList } from '../../src/api/brand-list.js';
import type { Brand } from '../../src/contracts/brand.js';
import { brandsFileSchema } from '../../src/contracts/brand.js';

const named = (...ids: readonly string[]): readonly Brand[] =>
  brandsFileSchema.parse({ brands: ids.map((id) => ({ id, name: id })) }).brands;

describe('the brands that can be asked for', () => {
  it('are the configured ones between all posts and those of no brand', () => {
    const { all } = createBrandList({ current: named('acme') });
    expect(all.map(({ id }) => id)).toEqual(['_all', 'acme', '_other']);
  });

  it('are those in use now, where they were replaced meanwhile', () => {
    let current = named('acme');
    const list = createBrandList({
      get current() {
        return current;
      },
    });
    current = named('globex');
    expect(list.require('globex')).toBe('globex');
    expect(() => list.require('acme')).toThrow('no brand "acme"');
  });
});

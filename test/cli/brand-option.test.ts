import { describe, expect, it } from 'vitest';
import { addBrand, brandsWithIds, type NamedBrand } from '../../src/cli/brand-option.js';

const brandsOf = (...values: readonly string[]) =>
  brandsWithIds(values.reduce<readonly NamedBrand[]>((before, value) => addBrand(value, before), []));

describe('--brand', () => {
  it.each([
    [
      'Skylvara Air=skylvara,@skylvara,#FlySkylvara',
      'skylvara-air',
      'Skylvara Air',
      ['skylvara', '@skylvara', '#FlySkylvara'],
    ],
    ['Skylvara', 'skylvara', 'Skylvara', ['Skylvara']],
    [' Café Ünal = café ünal , a=b', 'cafe-unal', 'Café Ünal', ['café ünal', 'a=b']],
    ['云端航空', 'brand', '云端航空', ['云端航空']],
    ['--- 3', '3', '--- 3', ['--- 3']],
  ])('%j is the brand %s', (value, id, name, keywords) => {
    expect(brandsOf(value)).toMatchObject([{ id, name, keywords }]);
  });

  it('gives brands whose names are alike ids of their own', () => {
    expect(brandsOf('Air', 'AIR!=air', '云', '雨').map(({ id }) => id)).toEqual([
      'air',
      'air-2',
      'brand',
      'brand-2',
    ]);
  });

  it.each(['', '=a', 'A=', 'A=a,,b', ' = '])('refuses %j', (value) => {
    expect(() => addBrand(value)).toThrow('It must be like "Skylvara Air=skylvara,@skylvara,#flyskylvara".');
  });
});

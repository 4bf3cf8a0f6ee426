import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBrands } from '../../src/config/load.js';
import { brandId } from '../../src/contracts/ids.js';
import type { Logger } from '../../src/contracts/logger.js';
import { createBrandBook } from '../../src/pipelines/brand-book.js';
import { timeZonesOf } from '../../src/pipelines/time-zones.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ACME = 'brands: [{ id: acme, name: Acme, keywords: [acme] }]';
const GLOBEX = 'brands: [{ id: globex, name: Globex, keywords: [globex], timeZone: Asia/Tokyo }]';

/** A book over a file of its own, and what it has logged. */
async function openBook(yaml: string) {
  const file = join(temporaryFolder(), 'brands.yaml');
  const write = (text: string) => writeFile(file, text);
  await write(yaml);
  const logged: object[] = [];
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const load = () => loadBrands(file);
  const book = createBrandBook({ brands: await load(), load, logger });
  return { book, write, logged, ids: () => book.current.map(({ id }) => id) };
}

describe('the brands in use', () => {
  it('are replaced by those that stand in the file now', async () => {
    const { book, write, ids, logged } = await openBook(ACME);
    await write(GLOBEX);
    expect(ids()).toEqual(['acme']);
    expect(await book.reload()).toEqual({ kind: 'replaced', brands: 1 });
    expect(ids()).toEqual(['globex']);
    expect(logged).toEqual([{ brands: 1, message: 'other brands are in use' }]);
  });

  it('stay where nothing has changed', async () => {
    const { book, write, logged } = await openBook(ACME);
    const before = book.current;
    await write(`# a comment\n${ACME}`);
    expect(await book.reload()).toEqual({ kind: 'unchanged' });
    expect(book.current).toBe(before);
    expect(logged).toEqual([]);
  });

  it.each([
    ['a file that is half written', 'brands: [{ id: acme, na'],
    ['a brand without a name', 'brands: [{ id: acme }]'],
    ['a time zone that is none', 'brands: [{ id: acme, name: Acme, timeZone: Mars/Olympus }]'],
    ['an id that stands twice', 'brands: [{ id: a, name: A }, { id: a, name: B }]'],
    ['a keyword that nothing can match', 'brands: [{ id: acme, name: Acme, keywords: ["\\u200b"] }]'],
  ])('stay where the file is broken: %s', async (_, broken) => {
    const { book, write, ids, logged } = await openBook(ACME);
    await write(broken);
    expect(await book.reload()).toMatchObject({ kind: 'refused', code: 'SF_BRANDS_INVALID' });
    expect(ids()).toEqual(['acme']);
    expect(logged).toMatchObject([{ code: 'SF_BRANDS_INVALID' }]);
    await write(GLOBEX);
    await book.reload();
    expect(ids()).toEqual(['globex']);
  });

  it('are those that were read last when the file changes quickly', async () => {
    const { book, write, ids } = await openBook(ACME);
    await write(GLOBEX);
    const first = book.reload();
    await write(ACME);
    await Promise.all([first, book.reload()]);
    expect(ids()).toEqual(['acme']);
  });

  it('tell the time zone of a brand, also of one that came later', async () => {
    const { book, write } = await openBook(ACME);
    const timeZoneOf = timeZonesOf(book);
    expect(timeZoneOf(brandId('globex'))).toBe('UTC');
    await write(GLOBEX);
    await book.reload();
    expect(timeZoneOf(brandId('globex'))).toBe('Asia/Tokyo');
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBrands } from '../../src/config/load.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { LABELS } from '../../src/contracts/labels.js';
import { bucketStart } from '../../src/contracts/window.js';
import { loadDemo } from '../../src/demo/load-demo.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { mentions } from './mentions.js';

interface SourceRow {
  readonly label: string;
  readonly language: string;
  readonly source: string;
  readonly brands: readonly string[];
  readonly text: string;
}

function readTsv(name: string): readonly SourceRow[] {
  const [, ...lines] = readFileSync(`demo/source/${name}.tsv`, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [label = '', language = '', source = '', brands = '', text = '', ...rest] = line.split('\t');
    expect(rest, line).toEqual([]);
    return { label, language, source, brands: brands === '-' ? [] : brands.split(','), text };
  });
}

interface DemoPost {
  readonly id: string;
  readonly text: string;
  readonly createdAt: string;
  readonly updatedAt?: string;
}

const ndjson = readFileSync('demo/posts.ndjson', 'utf8');
const START = epochMillis(Date.UTC(2025, 0, 6));
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const SURGE = { from: 41 * HOUR, to: 41.75 * HOUR };
const STORM = { from: 13 * HOUR, to: 13 * HOUR + 20 * MINUTE };

const records = loadDemo(ndjson, START);
const brands = await loadBrands('config/brands.yaml');
const ordinary = [...readTsv('en'), ...readTsv('zh'), ...readTsv('other')];
const surge = readTsv('surge');
const aftermath = readTsv('aftermath');
const storm = readTsv('storm');
const labelByText = new Map([...ordinary, ...surge, ...aftermath].map(({ text, label }) => [text, label]));

/** The well-formed posts; a text over the limit is not one. */
const posts = records.flatMap(({ key, value }) => {
  if (value === null || value.length > 65_536) return [];
  try {
    const post: DemoPost = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
    const createdAt = (Date.parse(post.createdAt) - START) / 1000;
    if (typeof post.text !== 'string' || post.text.trim() === '' || Number.isNaN(createdAt)) return [];
    return [{ ...post, key: key === null ? null : String(key), createdAt }];
  } catch {
    return [];
  }
});

const within = (range: { from: number; to: number }) =>
  posts.filter(({ createdAt }) => createdAt >= range.from && createdAt < range.to);
const brandOf = (id: string) => {
  const brand = brands.find((candidate) => candidate.id === id);
  if (brand === undefined) throw new Error(`no brand ${id}`);
  return brand;
};
const namedIn = (text: string) => brands.filter((brand) => mentions(text, brand)).map(({ id }) => id);

describe('the demo stream', () => {
  it('is what the script makes of its sources', () => {
    const output = join(temporaryFolder(), 'posts.ndjson');
    execFileSync('node', ['scripts/make-demo-posts.mjs', output]);
    expect(readFileSync(output, 'utf8')).toBe(ndjson);
  });

  it('holds at least 700 posts in less than 400 KB', () => {
    expect(posts.length).toBeGreaterThanOrEqual(700);
    expect(Buffer.byteLength(ndjson)).toBeLessThan(400_000);
  });

  it('lasts two days, with quiet nights', () => {
    const from = (start: number) => within({ from: start * HOUR, to: (start + 4) * HOUR }).length;
    expect(Math.max(...posts.map(({ createdAt }) => createdAt))).toBeLessThan(48 * HOUR);
    expect(from(1)).toBeLessThan(from(9) / 3);
    expect(from(25)).toBeLessThan(from(33) / 3);
  });

  it('links nowhere but to example domains', () => {
    const hosts = [...ndjson.matchAll(/https?:\/\/([^/"\s]+)/g)].map(([, host]) => host);
    expect([...new Set(hosts)].sort()).toEqual(['example.com', 'example.org']);
  });

  it('gives every ordinary post an id of its own', () => {
    const ids = posts.map(({ id }) => id).filter((id) => id !== undefined);
    const repeated = ids.filter((id, i) => ids.indexOf(id) !== i);
    expect(repeated.sort()).toEqual(['edited-1', 'edited-2', 'twice-1', 'twice-2', 'twice-3']);
  });
});

describe('the texts', () => {
  it('are about half English, a third Chinese and at least 14 in each of seven other languages', () => {
    const copies = { en: 40, zh: 20 };
    const count = (language: string) =>
      [...ordinary, ...surge, ...aftermath].filter((row) => row.language === language).length;
    const english = count('en') + copies.en;
    const chinese = count('zh') + copies.zh;
    const others = ['ar', 'de', 'es', 'fr', 'hi', 'it', 'pt'].map(count);
    const all = english + chinese + others.reduce((sum, n) => sum + n, 0);
    expect(english / all).toBeGreaterThan(0.45);
    expect(english / all).toBeLessThan(0.55);
    expect(chinese / all).toBeGreaterThan(0.3);
    expect(chinese / all).toBeLessThan(0.37);
    expect(Math.min(...others)).toBeGreaterThanOrEqual(14);
  });

  it('are each written once', () => {
    const texts = [...ordinary, ...surge, ...aftermath].map(({ text }) => text);
    expect(texts.filter((text, i) => texts.indexOf(text) !== i)).toEqual([]);
  });

  it('have a label, and all three are common on ordinary days', () => {
    for (const label of LABELS) {
      expect(ordinary.filter((row) => row.label === label).length / ordinary.length).toBeGreaterThan(0.25);
    }
    expect(ordinary.every(({ label }) => LABELS.some((known) => known === label))).toBe(true);
  });

  it('name the brands that they are meant for, and no other', () => {
    const strays = [...ordinary, ...surge, ...aftermath, ...storm].filter(
      (row) => namedIn(row.text).sort().join() !== [...row.brands].sort().join(),
    );
    expect(strays).toEqual([]);
  });

  it('use the script of their language', () => {
    const scripts = {
      ar: /\p{Script=Arabic}{3}/u,
      hi: /[\p{Script=Devanagari}]{3}/u,
      zh: /\p{Script=Han}{2}/u,
    };
    for (const [language, script] of Object.entries(scripts)) {
      const strays = [...ordinary, ...surge].filter(
        (row) => row.language === language && !script.test(row.text),
      );
      expect(strays).toEqual([]);
    }
  });

  it('spread over all brands, with both praise and complaints', () => {
    for (const { id } of brands) {
      const own = ordinary.filter((row) => row.brands.includes(id));
      expect(own.length).toBeGreaterThan(50);
      expect(own.filter(({ label }) => label === 'negative').length).toBeGreaterThan(15);
      expect(own.filter(({ label }) => label === 'positive').length).toBeGreaterThan(15);
    }
  });

  it('hold the handles, entities, emoji and elongations of real posts', () => {
    const all = ordinary.map(({ text }) => text).join('\n');
    expect(all).toMatch(/@quenvo/);
    expect(all).toMatch(/&amp;/);
    expect(all).toMatch(/so{4,}/);
    expect(all).toMatch(/\p{Extended_Pictographic}/u);
    expect(ordinary.some((row) => row.brands.length === 2)).toBe(true);
    expect(ordinary.some((row) => row.brands.length === 0)).toBe(true);
  });
});

/** Negative posts about a brand in each window of five minutes, as their authors meant them. */
function negativesByWindow(id: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { text, createdAt } of posts) {
    if (labelByText.get(text) !== 'negative' || !mentions(text, brandOf(id))) continue;
    const window = bucketStart('5m', epochMillis(START + createdAt * 1000));
    counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  return counts;
}

describe('the surge', () => {
  it('puts at least 8 negative posts about the airline into each of seven windows in a row', () => {
    const counts = negativesByWindow('skylvara');
    const start = START + SURGE.from * 1000;
    const windows = Array.from({ length: 9 }, (_, i) => counts.get(start + i * 5 * MINUTE * 1000) ?? 0);
    expect(windows).toEqual([4, 9, 16, 18, 16, 14, 12, 10, 8]);
  });

  it('is the only one', () => {
    for (const { id } of brands) {
      const outside = [...negativesByWindow(id)].filter(([window]) => {
        const offset = (window - START) / 1000;
        return id !== 'skylvara' || offset < SURGE.from || offset >= SURGE.to;
      });
      expect(Math.max(...outside.map(([, count]) => count)), id).toBeLessThanOrEqual(2);
    }
  });

  it('comes from many people, in every language', () => {
    expect(new Set(surge.map(({ language }) => language)).size).toBe(9);
    expect(surge.every(({ label }) => label === 'negative')).toBe(true);
  });

  it('fades within hours', () => {
    const hourly = [42, 44].map(
      (hour) =>
        within({ from: hour * HOUR, to: (hour + 1) * HOUR }).filter(({ text }) =>
          mentions(text, brandOf('skylvara')),
        ).length,
    );
    expect(hourly[0]).toBeGreaterThan(hourly[1] ?? 0);
  });
});

describe('the storm', () => {
  const copies = within(STORM).filter(
    ({ text }) => mentions(text, brandOf('brindlebean')) && /year|一年/.test(text),
  );

  it('is 60 copies of a giveaway within twenty minutes', () => {
    expect(copies.length).toBe(60);
    expect(storm.every(({ label }) => label === 'positive')).toBe(true);
  });

  it('changes the texts a little', () => {
    expect(new Set(copies.map(({ text }) => text)).size).toBeGreaterThan(40);
  });
});

describe('what is not an ordinary post', () => {
  const recordOf = (key: string) => records.filter((record) => String(record.key) === key);
  const valueBytes = (key: string) => recordOf(key)[0]?.value ?? null;
  const textOf = (key: string) => String(valueBytes(key));

  it('covers every kind of malformed record', () => {
    expect(() => JSON.parse(textOf('bad-not-json'))).toThrow();
    expect(() => JSON.parse(textOf('bad-cut-off'))).toThrow();
    expect(() => JSON.parse(textOf('bad-nesting'))).toThrow();
    for (const key of ['bad-latin-1', 'bad-utf-16']) {
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(valueBytes(key) ?? undefined)).toThrow();
    }
    expect(JSON.parse(textOf('bad-no-text'))).not.toHaveProperty('text');
    expect(JSON.parse(textOf('bad-empty-text'))).toHaveProperty('text', '');
    expect(JSON.parse(textOf('bad-blank-text')).text.trim()).toBe('');
    expect(JSON.parse(textOf('bad-text-type')).text).toBeTypeOf('object');
    expect(JSON.parse(textOf('bad-time')).createdAt).toBe('last Tuesday');
    expect(JSON.parse(textOf('bad-time-type')).createdAt).toBeTypeOf('object');
    expect(JSON.parse(textOf('bad-array'))).toBeInstanceOf(Array);
    expect(JSON.parse(textOf('bad-json-null'))).toBeNull();
    expect(valueBytes('bad-empty-value')).toHaveLength(0);
    expect(valueBytes('bad-too-large')?.length).toBeGreaterThan(65_536);
  });

  it('has one value without any id and one null without a key', () => {
    const unkeyed = records.filter(({ key }) => key === null).map(({ value }) => value);
    expect(unkeyed).toHaveLength(2);
    expect(unkeyed.filter((value) => value === null)).toHaveLength(1);
  });

  it('has seventeen malformed records in all', () => {
    const bad = records.filter(({ key }) => key === null || String(key).startsWith('bad-'));
    expect(bad).toHaveLength(17);
  });

  it('repeats three posts byte for byte', () => {
    for (const key of ['twice-1', 'twice-2', 'twice-3']) {
      const [first, second, ...more] = recordOf(key);
      expect(second?.value).toEqual(first?.value);
      expect(more).toEqual([]);
    }
  });

  it('edits two posts: another text and a newer updatedAt', () => {
    for (const key of ['edited-1', 'edited-2']) {
      const [before, after] = posts.filter(({ id }) => id === key);
      expect(after?.createdAt).toBe(before?.createdAt);
      expect(after?.text).not.toBe(before?.text);
      expect((Date.parse(after?.updatedAt ?? '') - START) / 1000).toBeGreaterThan(after?.createdAt ?? 0);
    }
  });

  it('deletes two posts', () => {
    for (const key of ['deleted-1', 'deleted-2']) {
      expect(recordOf(key).map(({ value }) => value === null)).toEqual([false, true]);
    }
  });

  it('has one post from ten minutes ahead and four that come minutes late', () => {
    const delayOf = (key: string) => {
      const [record] = recordOf(key);
      const [post] = posts.filter(({ id }) => id === key);
      return record === undefined || post === undefined ? 0 : (record.at - START) / 1000 - post.createdAt;
    };
    expect(delayOf('future-1')).toBe(-600);
    expect(['late-1', 'late-2', 'late-3', 'late-4'].map(delayOf)).toEqual([190, 330, 470, 560]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Posts of other people: they lie beside the repository on some machines and never in it. */
const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const FILES = [
  'en-semeval-2013-2016.tsv',
  'zh-weibo-ewect.tsv',
  'multilingual-tweets-umsab.tsv',
  'en-reddit-goemotions.tsv',
  'zh-shopping-10cats.tsv',
];

/** Texts of real posts, drawn from several files in turn; of the demo where there are no others. */
export function postTexts(count: number): { readonly source: string; readonly texts: readonly string[] } {
  const files = FILES.map((name) => DATA + name).filter(existsSync);
  const columns = files.length > 0 ? files.map(textsOf) : [demoTexts()];
  const texts: string[] = [];
  for (let row = 0; texts.length < count; row += 1) {
    for (const column of columns) {
      const text = column[row % column.length];
      if (text !== undefined && texts.length < count) texts.push(text);
    }
  }
  return { source: files.length > 0 ? 'real posts' : 'the demo’s posts', texts };
}

function textsOf(file: string): readonly string[] {
  const [header = '', ...lines] = readFileSync(file, 'utf8').split('\n');
  const at = header.split('\t').indexOf('text');
  return lines.map((line) => line.split('\t')[at]?.trim() ?? '').filter(Boolean);
}

function demoTexts(): readonly string[] {
  const folder = fileURLToPath(new URL('../../demo/source/', import.meta.url));
  return ['en', 'zh'].flatMap((language) => textsOf(`${folder}${language}.tsv`));
}

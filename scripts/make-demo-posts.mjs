// Puts demo/posts.ndjson together from the texts in demo/source: gives every post an id, an author, a source's
// fields and a time. All chance comes from one seed, so the same sources give the same file.
//
//   node scripts/make-demo-posts.mjs [OUTPUT]

import { readFileSync, writeFileSync } from 'node:fs';

const HOUR = 3600;
const END = 48 * HOUR;
/** Day one, 13:00: a giveaway that people copy and paste. */
const STORM = { start: 13 * HOUR, seconds: 20 * 60, english: 40, chinese: 20 };
/** Day two, 17:00: the airline's check-in fails. Posts in each 5 minutes from then on. */
const SURGE = { start: 41 * HOUR, window: 300, posts: [4, 9, 16, 18, 16, 14, 12, 10, 8] };
const AFTERMATH_SECONDS = 5 * HOUR;
/** How many people write in each hour of the day, as weights. */
const HOURS = [3, 2, 1, 1, 1, 2, 5, 9, 11, 10, 10, 11, 14, 12, 10, 10, 11, 13, 14, 15, 16, 14, 10, 6];

const AUTHORS = {
  ar: ['layla.n', 'omar_h', 'salma88', 'yousef.k'],
  de: ['jannik.b', 'frau_holle', 'leni_m', 'kai.uwe'],
  en: [
    'mina.reads',
    'otto_k',
    'greta7',
    'benno.b',
    'night.owl',
    'paula_w',
    'karla.d',
    'tess_on_a_bike',
    'jo',
  ],
  es: ['luz.marina', 'paco_r', 'inesita', 'diego.v'],
  fr: ['camille.p', 'jules_t', 'manon33', 'leo.b'],
  hi: ['asha.r', 'rohit_07', 'meera_s', 'vikas.d'],
  it: ['giulia.f', 'marco_b', 'nina.rossa', 'teo88'],
  pt: ['rui.m', 'bia_souza', 'joca', 'lena.prado'],
  zh: ['小鱼干', '阿哲', '今天也要早睡', '不吃香菜', '橘子汽水', '路人甲', '山里的猫', '月亮邮局'],
};
const NEWSPAPERS = ['Elmsford Herald', 'The Harbour Post', 'Northline Wire'];
const LANGUAGE_TAGS = { pt: 'pt-BR', zh: 'zh-CN' };

/** mulberry32: a small generator of numbers in [0, 1) from a seed. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(20_250_915);
const integer = (from, to) => from + Math.floor(random() * (to - from + 1));
const oneOf = (list) => list[integer(0, list.length - 1)];

function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = integer(0, i);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

function groupedBy(list, keyOf) {
  const groups = new Map();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function readTsv(name) {
  const [header, ...lines] = readSource(`${name}.tsv`);
  const columns = header.split('\t');
  return lines.map((line) => Object.fromEntries(line.split('\t').map((value, i) => [columns[i], value])));
}

function readSource(file) {
  return readFileSync(new URL(`../demo/source/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean);
}

/** The second before `until` at which a share of all the posts of days like these has been written. */
function timeOfShare(share, until) {
  const hours = Array.from({ length: until / HOUR }, (_, hour) => HOURS[hour % 24]);
  let rest = share * hours.reduce((sum, weight) => sum + weight, 0);
  const hour = hours.findIndex((weight) => {
    if (rest < weight) return true;
    rest -= weight;
    return false;
  });
  return Math.floor((hour + rest / hours[hour]) * HOUR);
}

/** Spreads each brand's posts over the two days, so that none of them has a busy quarter of an hour. */
function ordinaryDays(rows) {
  return [...groupedBy(rows, ({ brands }) => brands)].flatMap(([brands, group]) => {
    // Nobody praises the airline's snacks during the outage.
    const until = brands === 'skylvara' ? SURGE.start : END;
    return shuffled(group).map((row, i) => ({
      row,
      createdAt: timeOfShare((i + random()) / group.length, until),
    }));
  });
}

/** Copies of a few texts, each a little changed by the one who pasted it. */
function storm(rows) {
  const copies = (language, count) => {
    const texts = rows.filter((row) => row.language === language);
    return Array.from({ length: count }, (_, i) => ({ ...texts[i % texts.length] }));
  };
  return shuffled([...copies('en', STORM.english), ...copies('zh', STORM.chinese)]).map((row) => {
    const friends = random() < 0.6 ? ` @${oneOf(AUTHORS.en)} @${oneOf(AUTHORS.en)}` : '';
    const link = random() < 0.4 ? ` https://example.com/freebrindle?r=${integer(1000, 9999)}` : '';
    const ending = oneOf(['', ' 🤞', ' 🍀', ' ❤️']);
    return {
      row: { ...row, text: row.text + friends + link + ending },
      createdAt: STORM.start + integer(0, STORM.seconds - 1),
    };
  });
}

/** The surge's texts tell a story: their order stays. */
function surge(rows) {
  const times = SURGE.posts.flatMap((count, i) => {
    const start = SURGE.start + i * SURGE.window;
    return Array.from({ length: count }, () => start + integer(0, SURGE.window - 1)).sort((a, b) => a - b);
  });
  if (times.length !== rows.length) {
    throw new Error(`${rows.length} posts in surge.tsv for ${times.length} times`);
  }
  return rows.map((row, i) => ({ row, createdAt: times[i] }));
}

/** Fades out: each post comes later after the one before. */
function aftermath(rows) {
  const start = SURGE.start + SURGE.posts.length * SURGE.window;
  return rows.map((row, i) => ({
    row,
    createdAt: start + Math.round(AFTERMATH_SECONDS * ((i + 1) / rows.length) ** 2) - integer(0, 20),
  }));
}

function toRecord({ row: { source, language, text }, createdAt }, earlier) {
  const id = `${source}-${integer(0x100000, 0xffffff).toString(16)}`;
  const post = { id, source, text };
  post.author = source === 'news' ? oneOf(NEWSPAPERS) : oneOf(AUTHORS[language]);
  if (source === 'news' || random() < 0.6) post.language = LANGUAGE_TAGS[language] ?? language;
  if (source === 'news') post.url = `https://example.com/news/${id}`;
  if (source === 'forum') post.url = `https://example.org/t/${id}`;
  if (source === 'forum' && earlier !== undefined && random() < 0.3) post.replyTo = earlier;
  if (source === 'news') post.reach = integer(1_000, 40_000);
  else if (random() < 0.8) post.reach = Math.floor(Math.exp(random() * 6));
  return { at: createdAt + integer(0, 3), key: id, post, createdAt };
}

function assemble() {
  const posts = [
    ...ordinaryDays(['en', 'zh', 'other'].flatMap(readTsv)),
    ...storm(readTsv('storm')),
    ...surge(readTsv('surge')),
    ...aftermath(readTsv('aftermath')),
  ].sort((a, b) => a.createdAt - b.createdAt);

  const lastThread = new Map();
  const records = posts.map((entry) => {
    const record = toRecord(entry, lastThread.get(entry.row.brands));
    if (entry.row.source === 'forum') lastThread.set(entry.row.brands, record.key);
    return record;
  });
  const irregular = readSource('irregular.ndjson').map((line) => JSON.parse(line));
  return [...records, ...irregular].sort((a, b) => a.at - b.at);
}

const output = process.argv[2] ?? new URL('../demo/posts.ndjson', import.meta.url);
writeFileSync(
  output,
  `${assemble()
    .map((record) => JSON.stringify(record))
    .join('\n')}\n`,
);

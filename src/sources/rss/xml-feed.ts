import { Parser } from 'htmlparser2';
import { textOfHtml } from '../html-text.js';
import { FeedError, type FeedItem } from './item.js';

const ROOTS: ReadonlySet<string> = new Set(['rss', 'feed', 'rdf:rdf']);
const ITEMS: ReadonlySet<string> = new Set(['item', 'entry']);
/** Feeds have six or so, and what HTML they hold unescaped. */
const MOST_DEPTH = 100;
/** Elements of one item. */
const MOST_FIELDS = 1_000;

type Attributes = Readonly<Record<string, string>>;

/** An element of an item, or a language. */
interface Field {
  readonly name: string;
  readonly attributes: Attributes;
  /** Where its content begins. */
  readonly start: number;
  /** How deep it is. */
  readonly depth: number;
  /** Without tags. */
  text: string;
  /** Whether it has elements of its own: HTML that was not escaped. */
  hasElements: boolean;
  /** The content as it stands, where it has. */
  html?: string;
}

interface Entry {
  readonly attributes: Attributes;
  readonly fields: readonly Field[];
}

/**
 * The first items of RSS 2.0 and Atom (RFC 4287). Read as leniently as feeds are written, but whole: a feed that breaks off is
 * none.
 *
 * @throws FeedError for what is no feed, is cut off, nests too deep or declares entities: the parser expands none but
 *   XML's own five, and no feed needs others
 */
export function readXmlFeed(xml: string, mostItems: number): readonly FeedItem[] {
  const { root, attributes, language, entries } = parse(xml, mostItems);
  const feedLanguage = language ?? attributes['xml:lang'];
  return entries.map((entry) =>
    root === 'feed' ? atomItem(entry, feedLanguage) : rssItem(entry, feedLanguage),
  );
}

interface Parsed {
  readonly root: string;
  readonly attributes: Attributes;
  readonly language: string | undefined;
  readonly entries: readonly Entry[];
}

function parse(xml: string, mostItems: number): Parsed {
  const path: string[] = [];
  const open: Field[] = [];
  const entries: (Entry & { readonly fields: Field[] })[] = [];
  let entry: (typeof entries)[number] | undefined;
  let entryDepth = 0;
  let root: { readonly name: string; readonly attributes: Attributes } | undefined;
  let language: string | undefined;
  let isWhole = false;

  const parser = new Parser(
    {
      onprocessinginstruction(name, data) {
        if (name === '!entity' || (name === '!doctype' && data.includes('[')))
          throw new FeedError('it declares entities, which a feed has no use for');
      },
      onopentag(name, attributes) {
        path.push(name);
        const depth = path.length;
        if (depth > MOST_DEPTH) throw new FeedError(`it nests deeper than ${MOST_DEPTH} elements`);
        if (root === undefined) {
          if (!ROOTS.has(name)) throw new FeedError(`it begins with <${name.slice(0, 40)}>, as no feed does`);
          root = { name, attributes };
        } else if (entry === undefined && ITEMS.has(name)) {
          entry = { attributes, fields: [] };
          entryDepth = depth;
        } else if (isField(path, entry && entryDepth)) {
          open.push({ name, attributes, start: parser.endIndex + 1, depth, text: '', hasElements: false });
        } else {
          for (const field of open) field.hasElements = true;
        }
      },
      ontext(text) {
        for (const field of open) field.text += text;
      },
      onclosetag(_, isImplied) {
        const depth = path.length;
        path.pop();
        const field = open.at(-1);
        if (field?.depth === depth) {
          open.pop();
          if (field.hasElements) field.html = xml.slice(field.start, parser.startIndex);
          if (entry === undefined) language = field.text.trim();
          else if (entry.fields.length < MOST_FIELDS) entry.fields.push(field);
        } else if (entry !== undefined && depth === entryDepth) {
          if (entries.length < mostItems) entries.push(entry);
          entry = undefined;
        }
        if (depth === 1) isWhole = !isImplied;
      },
    },
    { xmlMode: true, lowerCaseTags: true },
  );
  parser.end(xml);
  if (root === undefined) throw new FeedError('it has no element');
  if (!isWhole) throw new FeedError('it breaks off');
  return { root: root.name, attributes: root.attributes, language, entries };
}

/** What stands in an item itself, an author's name, and the language of a channel. */
function isField(path: readonly string[], entryDepth: number | undefined): boolean {
  const depth = path.length;
  const [parent, name] = path.slice(-2);
  if (entryDepth === undefined) return depth === 3 && parent === 'channel' && name === 'language';
  return depth === entryDepth + 1 || (depth === entryDepth + 2 && parent === 'author' && name === 'name');
}

function rssItem({ fields }: Entry, language: string | undefined): FeedItem {
  const text = (...names: readonly string[]): string | undefined => firstOf(fields, names)?.text.trim();
  const html = (...names: readonly string[]): string => htmlOf(firstOf(fields, names));
  return {
    id: text('guid'),
    url: text('link') || firstOf(fields, ['atom:link'])?.attributes.href,
    title: textOfHtml(html('title')),
    body: textOfHtml(html('content:encoded', 'description')),
    author: text('dc:creator', 'author'),
    language: text('dc:language') ?? language,
    published: text('pubdate', 'dc:date'),
    updated: text('atom:updated', 'dcterms:modified'),
  };
}

function atomItem({ attributes, fields }: Entry, language: string | undefined): FeedItem {
  const text = (...names: readonly string[]): string | undefined => firstOf(fields, names)?.text.trim();
  const links = fields.filter(({ name }) => name === 'link');
  const link = links.find(({ attributes: { rel = 'alternate' } }) => rel === 'alternate');
  // What lies elsewhere is not fetched.
  const content = fields.find((field) => field.name === 'content' && field.attributes.src === undefined);
  const body = content ?? firstOf(fields, ['summary']);
  return {
    id: text('id'),
    url: link?.attributes.href,
    title: atomText(firstOf(fields, ['title'])),
    body: atomText(body),
    author: text('name'),
    language: body?.attributes['xml:lang'] ?? attributes['xml:lang'] ?? language,
    published: text('published'),
    updated: text('updated'),
  };
}

/** The field of the first name that there is. */
function firstOf(fields: readonly Field[], names: readonly string[]): Field | undefined {
  for (const wanted of names) {
    const found = fields.find(({ name, text }) => name === wanted && text.trim() !== '');
    if (found !== undefined) return found;
  }
  return fields.find(({ name }) => names.includes(name));
}

const htmlOf = (field: Field | undefined): string => field?.html ?? field?.text ?? '';

/** A text construct (RFC 4287, 3.1), plain unless it says otherwise. */
function atomText(field: Field | undefined): string {
  const isPlain = (field?.attributes.type ?? 'text') === 'text' && field?.html === undefined;
  return isPlain ? (field?.text.trim() ?? '') : textOfHtml(htmlOf(field));
}

import { decodeHTML } from 'entities';

/** Their content is no text of anybody. */
const UNREAD = /<(script|style)\b[^<>]*>.*?(?:<\/\1\s*>|$)/gis;
const BREAKS =
  /<\/?(?:p|br|pre|li|blockquote|div|h[1-6]|hr|tr|td|th|dt|dd|section|article|figure|figcaption)\b[^<>]*>/gi;
/** No `<` within: a text of thousands of them would be looked through from each. */
const TAGS = /<\/?[a-z!][^<>]*>/gi;

/** What a reader sees of a piece of HTML: without tags, entities decoded once, paragraphs apart. */
export function textOfHtml(html: string): string {
  const withoutTags = html.replaceAll(UNREAD, ' ').replaceAll(BREAKS, '\n').replaceAll(TAGS, '');
  return decodeHTML(withoutTags)
    .replaceAll(/[^\S\n]*\n\s*/g, '\n')
    .trim();
}

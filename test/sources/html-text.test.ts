import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOfHtml } from '../../src/sources/html-text.js';

describe('the text of HTML', () => {
  it.each([
    ['one<p>two<br/>three', 'one\ntwo\nthree'],
    ['a <i>good</i> one', 'a good one'],
    ['5 &lt; 7 &amp;&amp; x&#x27;s', "5 < 7 && x's"],
    ['2 < 3 and 4 > 1', '2 < 3 and 4 > 1'],
    ['&amp;lt;b&amp;gt;', '&lt;b&gt;'],
    ['before<script>alert("x")</script>after', 'before after'],
    ['before<style>p { color: red }</style >after', 'before after'],
    ['cut off<script>alert(1)', 'cut off'],
    ['<img src=x onerror=alert(1)>hello<!-- note -->', 'hello'],
  ])('of %j is %j', (html, text) => {
    expect(textOfHtml(html)).toBe(text);
  });

  it.each([
    ['<', '<'.repeat(50_000)],
    ['<p', '<p'.repeat(50_000)],
    ['<script', '<script'.repeat(50_000)],
    ['<script>', ''],
    ['\n ', ''],
  ])('ends also where %j comes again and again, and nothing closes it', (part, text) => {
    expect(textOfHtml(part.repeat(50_000))).toBe(text);
  });

  it('is what it was where there is neither a tag nor an entity', () => {
    const plain = fc.string({ unit: 'grapheme' }).filter((text) => !/[<&\n\r\u2028\u2029]/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        expect(textOfHtml(text)).toBe(text.trim());
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { FeedError, postOf } from '../../src/sources/rss/item.js';
import { readFeed } from '../../src/sources/rss/read-feed.js';
import { NOON, rss, rssItem } from './feed-server.js';

const FEED = new URL('https://news.example/feeds/all.xml');
const read = (text: string, contentType?: string) => readFeed(Buffer.from(text), contentType);
const postsOf = (text: string, contentType?: string) =>
  read(text, contentType).map((item) => {
    if ('malformed' in item) throw new Error(`no item: ${item.malformed}`);
    return postOf(item, FEED, epochMillis(NOON + 3_600_000));
  });
const only = (text: string) => {
  const [post, ...others] = postsOf(text);
  if (post === undefined || others.length > 0) throw new Error('not one item');
  return post;
};
const item = (content: string) => only(rss(`<item>${content}</item>`));

describe('an item of RSS 2.0', () => {
  it('is a post of its title and its full text, without HTML', () => {
    const post = item(`
      <title>Skylvara &amp;amp; the lost bags</title>
      <link>https://news.example/bags</link>
      <guid>https://news.example/?p=7</guid>
      <description>In short: bad.</description>
      <content:encoded><![CDATA[<p>They <b>lost</b> my bag.</p><p>5 &lt; 7</p><script>track("me")</script>]]></content:encoded>
      <dc:creator>Ann</dc:creator>
      <pubDate>Sat, 28 Nov 2026 13:00:00 +0100</pubDate>
      <atom:updated>2026-11-28T12:30:00Z</atom:updated>`);
    expect(post).toEqual({
      id: 'rss:news.example/https://news.example/?p=7',
      source: 'rss',
      text: 'Skylvara & the lost bags\nThey lost my bag.\n5 < 7',
      author: 'Ann',
      language: 'en-gb',
      createdAt: NOON,
      updatedAt: NOON + 1_800_000,
      url: 'https://news.example/bags',
    });
  });

  it('has its summary where there is no full text, and no title twice', () => {
    expect(item('<title>Bags</title><description>Bags are lost.</description>').text).toBe('Bags are lost.');
    expect(
      item('<title>Bags</title><content:encoded> </content:encoded><description>Lost.</description>').text,
    ).toBe('Bags\nLost.');
  });

  it('has HTML that was not escaped all the same', () => {
    expect(item('<description>a <b>bad</b> day<br/>or &lt;two&gt; &amp; more</description>').text).toBe(
      'a bad day\nor <two> & more',
    );
  });

  it('is told apart by its guid, else by its link, else by its text, within its host', () => {
    expect(item('<guid>7</guid><link>https://a.example/</link>').id).toBe('rss:news.example/7');
    expect(item('<link>https://a.example/</link>').id).toBe('rss:news.example/https://a.example/');
    const [one, two] = ['one', 'two'].map((text) => item(`<description>${text}</description>`).id);
    expect(one).not.toBe(two);
    expect(item(`<guid>${'x'.repeat(100_000)}</guid>`).id.length).toBeLessThan(100);
  });

  it('has the time at which it was read where it tells none, or one to come', () => {
    const read = NOON + 3_600_000;
    expect(item('<title>a</title>')).toMatchObject({ createdAt: read, updatedAt: read });
    expect(item('<pubDate>Sat, 28 Nov 2037 12:00:00 GMT</pubDate>').createdAt).toBe(read);
    expect(item('<pubDate>soon</pubDate>').createdAt).toBe(read);
  });

  it('leads to pages only', () => {
    expect(item('<link>javascript:alert(1)</link>').url).toBeUndefined();
    expect(item('<link>../bags</link>').url).toBe('https://news.example/bags');
    const feed = new URL('https://user:s3cret@news.example/feed');
    const [related] = read('<rss><item><link>/bags</link></item></rss>');
    if (related === undefined || 'malformed' in related) throw new Error('no item');
    expect(postOf(related, feed, epochMillis(NOON)).url).toBe('https://news.example/bags');
    expect(item('<link></link><atom:link href="https://news.example/a"/>').url).toBe(
      'https://news.example/a',
    );
  });
});

describe('an entry of Atom', () => {
  const atom = (entry: string) =>
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Blog</title><id>urn:feed</id>
     <author><name>All of us</name></author><entry>${entry}</entry></feed>`;

  it('is a post, by the rules of its text constructs', () => {
    const post = only(
      atom(`
        <id>tag:blog.example,2026:7</id>
        <title type="html">Bags &amp;amp; &lt;b&gt;more&lt;/b&gt;</title>
        <link rel="self" href="https://blog.example/7.atom"/>
        <link href="https://blog.example/7"/>
        <author><name>Ann</name><uri>https://ann.example</uri></author>
        <source><id>urn:other</id><title>Other</title></source>
        <published>2026-11-28T12:00:00Z</published><updated>2026-11-28T12:10:00Z</updated>
        <summary>Short.</summary>
        <content type="xhtml" xml:lang="en"><div xmlns="http://www.w3.org/1999/xhtml"><p>They lost <em>my</em> bag.</p><p>5 &lt; 7</p></div></content>`),
    );
    expect(post).toEqual({
      id: 'rss:news.example/tag:blog.example,2026:7',
      source: 'rss',
      text: 'Bags & more\nThey lost my bag.\n5 < 7',
      author: 'Ann',
      language: 'en',
      createdAt: NOON,
      updatedAt: NOON + 600_000,
      url: 'https://blog.example/7',
    });
  });

  it('is plain where nothing else is said, and has its summary where its content lies elsewhere', () => {
    const post = only(
      atom(`<id>7</id><title>a &lt;b> c</title><updated>2026-11-28T12:00:00Z</updated>
        <summary>1 &lt; 2</summary><content src="https://blog.example/7.html" type="text/html"/>`),
    );
    expect(post).toMatchObject({ text: 'a <b> c\n1 < 2', createdAt: NOON, language: 'de' });
    expect(post.author).toBeUndefined();
  });
});

describe('an item of JSON Feed', () => {
  const json = (...items: readonly unknown[]) =>
    JSON.stringify({ version: 'https://jsonfeed.org/version/1.1', title: 'Blog', language: 'en', items });

  it('is a post', () => {
    const post = only(
      json({
        id: '7',
        url: 'https://blog.example/7',
        title: 'Bags',
        content_html: '<p>They lost my bag.<script>x()</script>',
        summary: 'Short.',
        date_published: '2026-11-28T12:00:00Z',
        date_modified: '2026-11-28T12:10:00Z',
        authors: [{ name: 'Ann' }],
        language: 'en-US',
      }),
    );
    expect(post).toEqual({
      id: 'rss:news.example/7',
      source: 'rss',
      text: 'Bags\nThey lost my bag.',
      author: 'Ann',
      language: 'en-US',
      createdAt: NOON,
      updatedAt: NOON + 600_000,
      url: 'https://blog.example/7',
    });
  });

  it('may have plain text, a number for its id, and the author of version 1', () => {
    expect(only(json({ id: 7, content_text: '5 < 7', author: { name: 'Ann' }, title: null }))).toMatchObject({
      id: 'rss:news.example/7',
      text: '5 < 7',
      author: 'Ann',
    });
  });

  it('is told as malformed where it has no id', () => {
    expect(read(json({ content_text: 'a' }, 'b'))).toEqual([
      { malformed: '{"content_text":"a"}' },
      { malformed: '"b"' },
    ]);
  });
});

describe('a feed', () => {
  const LATIN = Buffer.concat([
    Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><rss><channel><item><title>M'),
    Buffer.from([0xfc]),
    Buffer.from('de</title></item></channel></rss>'),
  ]);

  it.each([
    ['as it says itself', LATIN, undefined],
    ['as its header says', LATIN.subarray(LATIN.indexOf('<rss')), 'text/xml; charset=windows-1252'],
    [
      'by its mark',
      Buffer.from('\ufeff<rss><item><title>Müde</title></item></rss>', 'utf16le'),
      'text/xml; charset=utf-8',
    ],
    ['as UTF-8', Buffer.from('<rss><item><title>Müde</title></item></rss>'), undefined],
  ])('is decoded %s', (_, body, contentType) => {
    expect(readFeed(body, contentType)).toMatchObject([{ title: 'Müde' }]);
  });

  it('has its first 300 items read', () => {
    const items = Array.from({ length: 400 }, (_, i) => rssItem(String(i), `item ${i}`));
    expect(read(rss(...items))).toHaveLength(300);
    expect(read(rss(...items)).at(-1)).toMatchObject({ id: '299' });
  });

  it('is held in memory no further than it is read', () => {
    expect(read(`<rss>${'<item/>'.repeat(100_000)}</rss>`)).toHaveLength(300);
    const [only] = read(`<rss><item>${'<a/>'.repeat(100_000)}<title>late</title></item></rss>`);
    expect(only).toMatchObject({ title: '' });
  });

  const BOMB = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
    ${Array.from({ length: 9 }, (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i || ''};`.repeat(10)}">`).join('\n')}]>
    ${rss('<item><title>&lol9;</title></item>').replace(/<\?xml.*?\?>/, '')}`;
  const FILE = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>
    <rss><channel><item><title>&x;</title></item></channel></rss>`;

  it.each([
    ['an XML bomb', BOMB, 'it declares entities'],
    ['one that asks for a file', FILE, 'it declares entities'],
    ['one that declares entities where none belong', '<rss><!ENTITY a "b"></rss>', 'it declares entities'],
    ['one that is as deep as it is long', `<rss>${'<a>'.repeat(200_000)}`, 'it nests deeper'],
    ['one that breaks off', rss(rssItem('1', 'one')).slice(0, -10), 'it breaks off'],
    ['a page', '<!doctype html><html><body>Busy</body></html>', 'it begins with <html>'],
    ['nothing', '', 'it has no element'],
    ['JSON of another kind', '{"items":[]}', 'it is JSON, and no JSON Feed'],
    ['JSON that breaks off', '{"version":"https://jsonfeed.org/version/1.1","items":[', 'it is JSON, and no'],
    [
      'one of an unknown encoding',
      '<?xml version="1.0" encoding="klingon"?><rss/>',
      'its encoding is klingon',
    ],
  ])('is none where it is %s', (_, text, message) => {
    expect(() => read(text)).toThrow(FeedError);
    expect(() => read(text)).toThrow(message);
  });

  it('has entities that it does not declare as they stand', () => {
    expect(item('<title>&unknown; &#x26; &amp;nbsp;|</title>').text).toBe('&unknown; & \u00a0|');
  });

  it('is read without a fault, or refused, whatever it holds', () => {
    const tag = fc.constantFrom(
      '<item>',
      '</item>',
      '<entry>',
      '<title>',
      '</title>',
      '<![CDATA[',
      ']]>',
      '<a',
      '>',
      '/>',
      '&',
      '&#',
      '<!--',
      '<link href="',
      '"',
      '<author><name>',
      '</rss>',
      '<content type="xhtml">',
      '<?',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(tag, fc.string())), fc.constantFrom('rss', 'feed'), (parts, root) => {
        try {
          for (const found of read(`<${root}>${parts.join('')}</${root}>`))
            if (!('malformed' in found)) postOf(found, FEED, epochMillis(NOON));
        } catch (error) {
          expect(error).toBeInstanceOf(FeedError);
        }
      }),
    );
  });
});

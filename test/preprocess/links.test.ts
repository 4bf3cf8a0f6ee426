import { describe, expect, it } from 'vitest';
import {
  addressEnd,
  domainEnd,
  hostStart,
  localPartStart,
  mentionEnd,
  urlEnd,
} from '../../src/preprocess/links.js';

const units = (text: string) => Uint16Array.from(text, (character) => character.charCodeAt(0));
/** What `endOf` takes of a text that starts with it. */
const taken = (endOf: (text: string, index: number) => number) => (text: string) =>
  text.slice(0, endOf(text, 0));

describe('addresses', () => {
  it.each([
    ['http://nova.example/path?q=1#top', 'http://nova.example/path?q=1#top'],
    ['HTTPS://T.CO/aBc', 'HTTPS://T.CO/aBc'],
    ['www.nova.example and', 'www.nova.example'],
    ['http://nova.example.', 'http://nova.example'],
    ['http://nova.example), he said', 'http://nova.example'],
    ['http://t.cn/Rx好', 'http://t.cn/Rx'],
    ['http://t.cn/Rx//@jo', 'http://t.cn/Rx'],
    ['httpurl next', 'httpurl'],
    ['http next', 'http'],
    ['http:/🇩🇪', 'http:/'],
    ['https-everywhere', ''],
    ['httpd is a server', ''],
    ['wwwhat', ''],
    ['hat', ''],
  ])('takes of %j the address %j', (text, address) => {
    expect(taken(urlEnd)(text)).toBe(address);
  });

  it('never ends an address before it began', () => {
    expect(addressEnd('://', 3)).toBe(3);
    expect(addressEnd('ab', 9)).toBe(2);
  });

  it.each([
    ['go to bit.ly', 'bit.ly'],
    ['nova-shop.co.uk', 'nova-shop.co.uk'],
    ['and', ''],
    ['either.or', ''],
    ['.com', ''],
  ])('finds in %j before a slash the host %j', (text, host) => {
    expect(text.slice(hostStart(units(text), text.length))).toBe(host);
  });
});

describe('mentions', () => {
  it.each([
    ['@Nova_Help!', '@Nova_Help'],
    ['@小明-同学：', '@小明-同学'],
    ['@nova-Video', '@nova'],
    ['@jo@social.example hi', '@jo@social.example'],
    ['@jo.bsky.social.', '@jo.bsky.social'],
    ['@jo@you', '@jo'],
    ['@2024', ''],
    ['@ home', ''],
    ['@', ''],
    [`@${'长'.repeat(80)}`, `@${'长'.repeat(30)}`],
  ])('takes of %j the mention %j', (text, mention) => {
    expect(taken(mentionEnd)(text)).toBe(mention);
  });
});

describe('e-mail addresses', () => {
  it('reads the local part backwards and the domain forwards', () => {
    expect(localPartStart(units('to jo.doe+x'), 11)).toBe(3);
    expect(domainEnd('@mail.example.org.', 1, 2)).toBe(17);
    expect(domainEnd('@home', 1, 2)).toBe(1);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOfFrame } from '../../src/sources/bluesky/jetstream.js';
import { AUTHOR, commit, identity, NOON_US, post } from './jetstream-server.js';

const message = (event: unknown) => messageOfFrame(Buffer.from(JSON.stringify(event)));
const NOON = NOON_US / 1_000;
const ID = `bluesky:${AUTHOR}/3l3qo2vuowo2b`;

describe('a message of Jetstream', () => {
  it('is a post where a repository got one', () => {
    const record = {
      text: 'Skylvara lost my bag again',
      createdAt: '2026-11-28T11:59:58.102Z',
      langs: ['en'],
      reply: {
        root: { cid: 'bafy', uri: 'at://did:plc:root/app.bsky.feed.post/3root' },
        parent: { cid: 'bafy', uri: 'at://did:plc:parent/app.bsky.feed.post/3parent' },
      },
    };
    expect(message(commit(0, '3l3qo2vuowo2b', record)).event).toEqual({
      kind: 'post',
      post: {
        id: ID,
        source: 'bluesky',
        text: 'Skylvara lost my bag again',
        author: AUTHOR,
        createdAt: NOON - 1_898,
        updatedAt: NOON - 1_898,
        language: 'en',
        url: `https://bsky.app/profile/${AUTHOR}/post/3l3qo2vuowo2b`,
        replyTo: 'bluesky:did:plc:parent/3parent',
      },
    });
  });

  it('is an edit, later than the post, where a record is put in its place', () => {
    const record = { text: 'They found it', createdAt: '2026-11-28T11:00:00Z' };
    expect(message(commit(5_000_000, '3l3qo2vuowo2b', record, 'update')).event).toMatchObject({
      kind: 'edit',
      post: { id: ID, text: 'They found it', createdAt: NOON - 3_600_000, updatedAt: NOON + 5_000 },
    });
  });

  it('is a deletion where the record is gone, and where an edit leaves it without a text', () => {
    const deletion = { kind: 'deletion', id: ID };
    expect(message(commit(0, '3l3qo2vuowo2b', undefined)).event).toEqual(deletion);
    expect(message(commit(0, '3l3qo2vuowo2b', { text: ' ' }, 'update')).event).toEqual(deletion);
  });

  it('is counted, and no post, where there is only a picture', () => {
    const record = { text: '', embed: { $type: 'app.bsky.embed.images' }, createdAt: '2026-11-28T11:00:00Z' };
    expect(message(commit(0, 'a', record)).event).toMatchObject({
      kind: 'unusable',
      code: 'SF_POST_NO_TEXT',
    });
  });

  it.each([
    ['the time of the event where the clock of the author is ahead', '2026-11-29T11:00:00Z', NOON],
    ['the time of the event where there is none that can be read', 'yesterday', NOON],
    ['the time of the event where there is none', undefined, NOON],
    ['as old as its author says', '2011-03-01T08:00:00Z', Date.UTC(2011, 2, 1, 8)],
  ])('was created at %s', (_, createdAt, expected) => {
    expect(message(commit(0, 'a', { text: 'hello', createdAt })).event).toMatchObject({
      post: { createdAt: expected, updatedAt: expected },
    });
  });

  it('names no language where several are given', () => {
    const { event } = message(commit(0, 'a', { text: 'olá hello', langs: ['pt', 'en'] }));
    expect(event).not.toHaveProperty('post.language');
  });

  it('keeps what can be read of a post where something else is wrong with it', () => {
    const record = { text: 'hello', langs: 'en', reply: { parent: 7 }, createdAt: 12 };
    expect(message(commit(0, 'a', record)).event).toMatchObject({ kind: 'post', post: { text: 'hello' } });
  });

  it('tells nothing but the time where it is of an identity, an account, a like or a new operation', () => {
    const like = post(3, 'a');
    const account = { did: AUTHOR, time_us: NOON_US + 1, kind: 'account', account: { active: true, seq: 1 } };
    for (const event of [
      identity(3),
      account,
      { ...like, commit: { ...Object(like.commit), collection: 'app.bsky.feed.like' } },
      commit(3, 'a', { text: 'hello' }, 'resurrect'),
    ])
      expect(Object.keys(message(event))).toEqual(['timeUs']);
  });

  it.each([
    ['no JSON', Buffer.from('{"did":')],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['no object', Buffer.from('[1,2]')],
    ['an event without a time', Buffer.from(JSON.stringify({ did: AUTHOR, kind: 'commit' }))],
    ['a post whose text is none', Buffer.from(JSON.stringify(commit(0, 'a', { text: 7 })))],
    ['a post without its record', Buffer.from(JSON.stringify(commit(0, 'a', undefined, 'create')))],
  ])('is malformed, and said to be, where it is %s', (_, frame) => {
    expect(messageOfFrame(frame).event).toMatchObject({ kind: 'unusable', code: 'SF_SOURCE_MALFORMED' });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map(Buffer.from),
          fc.json().map((json) => Buffer.from(json)),
        ),
        (frame) => {
          expect(messageOfFrame(frame).event?.kind).toBe('unusable');
        },
      ),
    );
  });

  it('names the same commit however often it is told, and another one for another revision', () => {
    const later = { ...post(7, 'a'), time_us: NOON_US + 9 };
    expect(message(later).commit).toBe(message(post(7, 'a')).commit);
    expect(message(post(8, 'a')).commit).not.toBe(message(post(7, 'a')).commit);
  });
});

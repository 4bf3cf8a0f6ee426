import { describe, expect, it } from 'vitest';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { epochMillis } from '../../src/contracts/ids.js';
import type { SilenceBook } from '../../src/contracts/silence-book.js';
import { silenceOf } from '../alerting/alerts.js';
import { NOON } from './support/posts.js';
import { openApi } from './support/server.js';

/** By the clock of the server. */
const NOW = NOON + 5_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function open(silences: SilenceBook = createMemoryAlertStore()) {
  const api = await openApi({ silences });
  return {
    silences,
    list: async (query = '') => api.inject(`/v1/silences${query}`),
    add: (payload: unknown) =>
      api.inject({
        method: 'POST',
        url: '/v1/silences',
        headers: { 'content-type': 'application/json' },
        payload: JSON.stringify(payload),
      }),
    end: (id: string) => api.inject({ method: 'DELETE', url: `/v1/silences/${id}` }),
  };
}

describe('a silence', () => {
  it('begins now where nobody says from when, and is listed until it ends', async () => {
    const { add, list, end } = await open();
    const answer = await add({ to: NOW + HOUR, reason: ' launch ', by: 'Mei' });
    expect(answer.statusCode).toBe(201);
    const silence = answer.json();
    expect(silence).toEqual({
      v: 1,
      kind: 'silence',
      id: expect.stringMatching(UUID),
      from: NOW,
      to: NOW + HOUR,
      reason: 'launch',
      by: 'Mei',
      createdAt: NOW,
    });
    expect((await list()).json()).toEqual({ silences: [silence] });
    const ended = await end(silence.id);
    expect([ended.statusCode, ended.json()]).toEqual([200, { ...silence, to: NOW }]);
    expect((await end(silence.id)).json()).toEqual({ ...silence, to: NOW });
    expect((await list()).json()).toEqual({ silences: [] });
  });

  it('may be of one brand and rule, begin later, and have its times in ISO 8601', async () => {
    const { add } = await open();
    const body = {
      from: '2026-03-01T13:00:00+01:00',
      to: '2026-03-02T12:00:00Z',
      brand: 'orbit',
      rule: 'negative-surge',
      reason: '新品发布',
    };
    expect((await add(body)).json()).toMatchObject({ ...body, from: NOON, to: NOON + DAY });
  });

  it('that has ended is listed no more', async () => {
    const { silences, list } = await open();
    await silences.addSilence(silenceOf({ from: epochMillis(NOON - HOUR), to: epochMillis(NOON) }));
    expect((await list()).json()).toEqual({ silences: [] });
  });

  it('stands in CSV on request, and is no formula', async () => {
    const { silences, list } = await open();
    const [from, to] = [epochMillis(NOON), epochMillis(NOON + DAY)];
    await silences.addSilence(silenceOf({ id: 'a', from, to, createdAt: from, reason: '=1+1, really' }));
    const { headers, body } = await list('?format=csv');
    expect(headers['content-type']).toMatch(/^text\/csv/);
    expect(body).toBe(
      'id,from,to,brand,rule,reason,by,created_at\r\n' +
        `a,2026-03-01T12:00:00.000Z,2026-03-02T12:00:00.000Z,,,"'=1+1, really",kim,2026-03-01T12:00:00.000Z\r\n`,
    );
  });

  it.each([
    [undefined, /Body cannot be empty|body/],
    [null, /body/],
    [[], /body/],
    [{}, /body.to/],
    [{ to: NOW + HOUR }, /body.reason/],
    [{ to: NOW + HOUR, reason: '  ' }, /body.reason/],
    [{ to: NOW + HOUR, reason: 'x'.repeat(501) }, /body.reason/],
    [{ to: NOW + HOUR, reason: 7 }, /body.reason/],
    [{ to: NOW + HOUR, reason: 'x', by: '' }, /body.by/],
    [{ to: 'tomorrow', reason: 'x' }, /body.to/],
    [{ to: 1e300, reason: 'x' }, /body.to/],
    [{ to: NOW + 0.5, reason: 'x' }, /body.to/],
    [{ to: NOW + HOUR, from: -1, reason: 'x' }, /body.from/],
    [{ to: NOW, reason: 'x' }, /is not later than from/],
    [{ from: NOW - HOUR, to: NOW, reason: 'x' }, /has passed/],
    [{ from: NOW + HOUR, to: NOW + HOUR, reason: 'x' }, /is not later than from/],
    [{ from: NOW + 2 * HOUR, to: NOW + HOUR, reason: 'x' }, /is not later than from/],
    [{ to: NOW + 90 * DAY + 1, reason: 'x' }, /is more than 90 days from now/],
    [{ to: NOW + HOUR, reason: 'x', id: 'mine' }, /Unrecognized key/],
    [JSON.parse(`{"to":${NOW + HOUR},"reason":"x","__proto__":{"id":"mine"}}`), /./],
  ])('is refused for the body %j', async (body, message) => {
    const { add, list } = await open();
    const answer = await add(body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('SF_API_BAD_REQUEST');
    expect(answer.json().error.message).toMatch(message);
    expect((await list()).json()).toEqual({ silences: [] });
  });

  it('of ninety days is the longest', async () => {
    const { add } = await open();
    expect((await add({ to: NOW + 90 * DAY, reason: 'x' })).statusCode).toBe(201);
  });

  it.each([
    [{ brand: 'nobody' }, 'no brand "nobody"'],
    [{ brand: `x${'y'.repeat(200)}` }, `no brand "x${'y'.repeat(63)}"`],
    [{ rule: 'nothing' }, 'no rule "nothing"'],
  ])('of %j is not found', async (what, message) => {
    const { add } = await open();
    const answer = await add({ to: NOW + HOUR, reason: 'x', ...what });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.message).toBe(message);
  });

  it('is refused with a body of more than 64 KiB', async () => {
    const { add } = await open();
    expect((await add({ to: NOW + HOUR, reason: 'x'.repeat(70_000) })).statusCode).toBe(413);
  });

  it('is refused where there are a thousand, until one has ended', async () => {
    const { silences, add, end } = await open();
    const span = { from: epochMillis(NOON), to: epochMillis(NOON + DAY), createdAt: epochMillis(NOON) };
    const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    for (let n = 0; n < 1_000; n += 1) await silences.addSilence(silenceOf({ ...span, id: id(n) }));
    const refused = await add({ to: NOW + HOUR, reason: 'x' });
    expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'SF_API_TOO_MANY']);
    await end(id(7));
    expect((await add({ to: NOW + HOUR, reason: 'x' })).statusCode).toBe(201);
  });

  it.each([
    ['00000000-0000-4000-8000-000000000000', 404],
    ['1', 400],
    ['..%2Falerts', 400],
    ['x'.repeat(300), 400],
  ])('that is not there cannot be ended: %s', async (id, status) => {
    const { end } = await open();
    expect((await end(id)).statusCode).toBe(status);
  });
});

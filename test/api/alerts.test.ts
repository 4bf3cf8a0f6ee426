import { describe, expect, it } from 'vitest';
import { brandId, epochMillis } from '../../src/contracts/ids.js';
import { bookOf } from './support/fakes.js';
import { alert, NOON, ORBIT, TIDEPOOL } from './support/posts.js';
import { openApi } from './support/server.js';

const FIRING = alert();
const RESOLVED = alert({
  id: 'tidepool:negative-spike:1',
  brand: TIDEPOOL,
  state: 'resolved',
  firedAt: epochMillis(NOON + 60_000),
});

describe('alerts', () => {
  it('are listed, newest first', async () => {
    const api = await openApi({ alerts: bookOf([FIRING, RESOLVED]) });
    expect((await api.inject('/v1/alerts')).json()).toEqual({ alerts: [RESOLVED, FIRING] });
  });

  it.each([
    ['brand=orbit', [FIRING.id]],
    ['state=resolved', [RESOLVED.id]],
    ['brand=orbit&state=resolved', []],
    ['limit=1', [RESOLVED.id]],
    [`to=${NOON + 60_000}`, [FIRING.id]],
    ['from=2026-03-01T12:00:01Z', [RESOLVED.id]],
    [`from=${NOON}&to=${NOON + 60_001}`, [RESOLVED.id, FIRING.id]],
  ])('are chosen by %s', async (query, ids) => {
    const api = await openApi({ alerts: bookOf([FIRING, RESOLVED]) });
    const { alerts } = (await api.inject(`/v1/alerts?${query}`)).json();
    expect(alerts.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  it('are read one by one', async () => {
    const api = await openApi({ alerts: bookOf([FIRING]) });
    expect((await api.inject(`/v1/alerts/${FIRING.id}`)).json()).toEqual(FIRING);
  });

  it('with long ids are found', async () => {
    const long = alert({
      id: `${'b'.repeat(150)}:${'r'.repeat(150)}:${NOON}`,
      brand: brandId('b'.repeat(150)),
    });
    const api = await openApi({ alerts: bookOf([long]) });
    expect((await api.inject(`/v1/alerts/${encodeURIComponent(long.id)}`)).statusCode).toBe(200);
  });

  it.each(['state=open', 'limit=0', 'limit=501', 'limit=many', 'sort=asc', 'to=now'])(
    'are refused for %s',
    async (query) => {
      const api = await openApi();
      const answer = await api.inject(`/v1/alerts?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().error.code).toBe('SF_API_BAD_REQUEST');
    },
  );
});

describe('an acknowledgement', () => {
  const acknowledge = (id: string, body: unknown) => ({
    method: 'POST' as const,
    url: `/v1/alerts/${encodeURIComponent(id)}/acknowledge`,
    payload: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

  it('says who has seen the alert, and when', async () => {
    const api = await openApi({ alerts: bookOf([FIRING]) });
    const answer = await api.inject(acknowledge(FIRING.id, { by: ' Mei ' }));
    expect(answer.json().acknowledgement).toEqual({ by: 'Mei', at: NOON + 5_000 });
    expect(ORBIT).toBe(answer.json().brand);
  });

  it('stays the first one', async () => {
    const api = await openApi({ alerts: bookOf([FIRING]) });
    await api.inject(acknowledge(FIRING.id, { by: 'Mei' }));
    const answer = await api.inject(acknowledge(FIRING.id, { by: 'Jon' }));
    expect(answer.json().acknowledgement.by).toBe('Mei');
  });

  it('of an alert that does not exist is not found', async () => {
    const api = await openApi();
    expect((await api.inject(acknowledge('nothing', { by: 'Mei' }))).statusCode).toBe(404);
  });

  it.each([
    undefined,
    null,
    {},
    [],
    'Mei',
    { by: '' },
    { by: '   ' },
    { by: 7 },
    { by: 'x'.repeat(101) },
    { by: 'Mei', state: 'resolved' },
  ])('is refused for the body %j', async (body) => {
    const api = await openApi({ alerts: bookOf([FIRING]) });
    const answer = await api.inject(acknowledge(FIRING.id, body));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('SF_API_BAD_REQUEST');
  });
});

import { describe, expect, it } from 'vitest';
import { SentifluxError } from '../../src/contracts/errors.js';
import { createScorer, MOST_BYTES } from './support/fakes.js';
import { textScore } from './support/posts.js';
import { openApi } from './support/server.js';

function score(payload: string | object, contentType = 'application/json', query = '') {
  return {
    method: 'POST' as const,
    url: `/v1/score${query}`,
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    headers: { 'content-type': contentType },
  };
}

const explained = (payload: object) => score(payload, 'application/json', '?explain=true');

describe('scoring by the API', () => {
  it('answers one text', async () => {
    const api = await openApi();
    const answer = await api.inject(score({ text: 'good phone' }));
    expect(answer.json()).toEqual({ results: [textScore('good phone').score] });
  });

  it('answers many texts, in their order, each with its hint of a language', async () => {
    const scorer = createScorer();
    const api = await openApi({ scorer });
    const texts = [{ text: '很 good', language: 'zh' }, { text: 'meh' }];
    const answer = await api.inject(score({ texts }));
    expect(answer.json().results.map(({ label }: { label: string }) => label)).toEqual([
      'positive',
      'neutral',
    ]);
    expect(scorer.asked).toEqual(texts);
  });

  it('takes plain texts as well', async () => {
    const scorer = createScorer();
    const api = await openApi({ scorer });
    const answer = await api.inject(score({ texts: ['good', { text: 'meh' }] }));
    expect(answer.json().results).toHaveLength(2);
    expect(scorer.asked).toEqual([{ text: 'good' }, { text: 'meh' }]);
  });

  it('explains what it scores where the address says so, and not otherwise', async () => {
    const scorer = createScorer();
    const api = await openApi({ scorer });
    const answer = await api.inject(explained({ texts: ['so good', { text: 'meh' }] }));
    expect(answer.json().results).toMatchObject([
      { label: 'positive', explanation: [{ text: 'so good', start: 0, end: 7, weight: 1 }] },
      { label: 'neutral', explanation: [{ text: 'meh' }] },
    ]);
    for (const query of ['', '?explain=false']) {
      const plain = await api.inject(score({ text: 'so good' }, 'application/json', query));
      expect(plain.json().results[0]).not.toHaveProperty('explanation');
    }
  });

  it('explains ten texts at a time and no more', async () => {
    const api = await openApi();
    const texts = (count: number) => Array.from({ length: count }, () => 'good');
    expect((await api.inject(explained({ texts: texts(10) }))).statusCode).toBe(200);
    const answer = await api.inject(explained({ texts: texts(11) }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({
      code: 'SF_API_BAD_REQUEST',
      message: '11 texts cannot be explained at once, only 10',
    });
  });

  it.each(['?explain=yes', '?explian=true'])('refuses the address with %s', async (query) => {
    const api = await openApi();
    expect((await api.inject(score({ text: 'good' }, 'application/json', query))).statusCode).toBe(400);
  });

  it('has an error in the place of a text that cannot be scored', async () => {
    const api = await openApi();
    const answer = await api.inject(
      score({ texts: [{ text: 'x'.repeat(MOST_BYTES + 1) }, { text: 'good' }] }),
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.json().results).toMatchObject([
      { error: { code: 'SF_POST_TOO_LARGE' } },
      { label: 'positive' },
    ]);
  });

  it('takes a hundred texts of 64 KiB', async () => {
    const api = await openApi();
    const texts = Array.from({ length: 100 }, () => ({ text: 'x'.repeat(MOST_BYTES) }));
    expect((await api.inject(score({ texts }))).json().results).toHaveLength(100);
  });

  it.each([
    [{}, /body.text: .*string/],
    [{ text: 7 }, /body.text: .*string/],
    [{ texts: [] }, /body.texts: Too small/],
    [{ texts: 'good' }, /body.texts: .*array/],
    [{ texts: [{ text: 'good' }, { txt: 'good' }] }, /body.texts.1.text: .*string/],
    [{ texts: Array.from({ length: 101 }, () => ({ text: 'a' })) }, /body.texts: Too big/],
    [{ text: 'a', texts: [{ text: 'b' }] }, /Unrecognized key/],
    [{ text: 'a', language: '' }, /body.language/],
  ])('refuses the body %j', async (body, message) => {
    const api = await openApi();
    const answer = await api.inject(score(body));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: 'SF_API_BAD_REQUEST' });
    expect(answer.json().error.message).toMatch(message);
  });

  it.each([
    '{"text": "good"',
    'good',
    '{"__proto__": {"text": "good"}}',
    '{"text": "good", "constructor": {"prototype": {}}}',
    '',
  ])('refuses %s, which is no JSON of ours', async (body) => {
    const api = await openApi();
    const answer = await api.inject(score(body));
    expect(answer.statusCode).toBe(400);
    expect(Object.keys(answer.json())).toEqual(['error']);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('refuses what a form of another site could send', async () => {
    const api = await openApi();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      expect((await api.inject(score('{"text":"good"}', type))).statusCode).toBe(415);
    }
  });

  it('refuses more than it can hold', async () => {
    const api = await openApi();
    const answer = await api.inject(score({ text: 'x'.repeat(8 * 1024 * 1024) }));
    expect(answer.statusCode).toBe(413);
    expect(answer.json().error).toMatchObject({
      code: 'SF_API_TOO_LARGE',
      hint: 'Send fewer or shorter texts at a time.',
    });
  });

  it('is unavailable while the scorer fails, and keeps the reason to the log', async () => {
    const logged: object[] = [];
    const api = await openApi({
      scorer: {
        score: async () => {
          throw new SentifluxError('SF_SCORER_FAILED', 'thread 3 on host.internal died');
        },
      },
      logger: { debug() {}, info() {}, warn() {}, error: (fields) => logged.push(fields) },
    });
    const answer = await api.inject(score({ text: 'good' }));
    expect(answer.statusCode).toBe(503);
    expect(answer.json().error.code).toBe('SF_API_UNAVAILABLE');
    expect(answer.body).not.toContain('host.internal');
    expect(logged).toMatchObject([{ err: { code: 'SF_SCORER_FAILED' }, path: '/v1/score' }]);
  });
});

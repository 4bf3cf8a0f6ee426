import { describe, expect, it, onTestFinished } from 'vitest';
import { createOpsServer } from '../../src/api/ops-server.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { ModelReload } from '../../src/contracts/model-reload.js';

const before = { version: '1', engine: 'onnx', precision: 'int8' } as const;
const after = { ...before, version: '2' };

/** The ops server of a worker whose swaps end as they are told to, and the directories that it was asked for. */
async function openOps(outcome: ModelReload = { kind: 'swapped', from: before, to: after, millis: 250 }) {
  const asked: (string | undefined)[] = [];
  const ops = await createOpsServer({
    readiness: async () => [],
    reloadModel: async (directory) => {
      asked.push(directory);
      return outcome;
    },
    logger: silentLogger,
  });
  onTestFinished(() => ops.close());
  return { ops, asked };
}

const reload = { method: 'POST', url: '/model/reload' } as const;

describe('a reload of the model', () => {
  it('answers what was in use, what is, and how long it took', async () => {
    const { ops, asked } = await openOps();
    const answer = await ops.inject(reload);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ from: before, to: after, millis: 250 });
    expect(asked).toEqual([undefined]);
  });

  it('takes the directory that it is given', async () => {
    const { ops, asked } = await openOps();
    await ops.inject({ ...reload, payload: { directory: '/srv/models/2' } });
    await ops.inject({ ...reload, payload: {} });
    expect(asked).toEqual(['/srv/models/2', undefined]);
  });

  it.each([{ directory: '' }, { directory: 7 }, { folder: '/srv' }, ['/srv']])(
    'is not begun for a body such as %j',
    async (payload) => {
      const { ops, asked } = await openOps();
      const answer = await ops.inject({ ...reload, payload });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().error.code).toBe('SF_API_BAD_REQUEST');
      expect(asked).toEqual([]);
    },
  );

  it('says why a model is refused, and which one stays', async () => {
    const refusal = {
      code: 'SF_MODEL_INVALID',
      message: 'the bundle cannot be used',
      hint: 'Copy it again.',
    } as const;
    const { ops } = await openOps({ kind: 'refused', ...refusal, model: before });
    const answer = await ops.inject(reload);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toEqual({ error: refusal, model: before });
  });

  it('is not begun while another one is under way', async () => {
    const { ops } = await openOps({ kind: 'busy' });
    const answer = await ops.inject(reload);
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error.code).toBe('SF_MODEL_BUSY');
  });

  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])(
    'may be asked for from %s',
    async (remoteAddress) => {
      const { ops } = await openOps();
      expect((await ops.inject({ ...reload, remoteAddress })).statusCode).toBe(200);
    },
  );

  it.each(['10.0.0.7', '203.0.113.9', '::ffff:10.0.0.7', '2001:db8::1'])(
    'may not be asked for from %s',
    async (remoteAddress) => {
      const { ops, asked } = await openOps();
      const answer = await ops.inject({
        ...reload,
        remoteAddress,
        headers: { 'x-forwarded-for': '127.0.0.1' },
      });
      expect(answer.statusCode).toBe(403);
      expect(answer.json().error.code).toBe('SF_API_FORBIDDEN');
      expect(asked).toEqual([]);
    },
  );

  it('may not be asked for by a page in a browser', async () => {
    const { ops, asked } = await openOps();
    const answer = await ops.inject({ ...reload, headers: { origin: 'https://elsewhere.example' } });
    expect(answer.statusCode).toBe(403);
    expect(asked).toEqual([]);
  });

  it('is no route of a worker without a model', async () => {
    const ops = await createOpsServer({ readiness: async () => [], logger: silentLogger });
    onTestFinished(() => ops.close());
    expect((await ops.inject(reload)).statusCode).toBe(404);
  });
});

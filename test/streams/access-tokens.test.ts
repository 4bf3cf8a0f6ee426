import { describe, expect, it, onTestFinished } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { accessTokens } from '../../src/streams/kafka/access-tokens.js';
import { openTokenServer } from '../support/token-server.js';

const CLIENT = { clientId: 'worker:1', clientSecret: 'planted+secret/%' };

async function tokensOf(lifeSeconds: number) {
  const server = await openTokenServer({ ...CLIENT, subject: 'worker', lifeSeconds });
  onTestFinished(() => server.close());
  let now = 1_000_000;
  const wait = (seconds: number): void => {
    now += seconds * 1_000;
  };
  const { tokenEndpoint } = server;
  const token = accessTokens(
    { mechanism: 'OAUTHBEARER', tokenEndpoint, ...CLIENT },
    { now: () => epochMillis(now) },
  );
  return { server, token, wait };
}

describe('the tokens for Kafka', () => {
  it('are asked for once for connections that begin together', async () => {
    const { server, token } = await tokensOf(300);
    const [first, second] = await Promise.all([token(), token()]);
    expect(first).toEqual(second);
    expect(server.granted).toHaveLength(1);
  });

  it('are used until a fifth of their life is left', async () => {
    const { server, token, wait } = await tokensOf(300);
    await token();
    wait(239);
    await token();
    expect(server.granted).toHaveLength(1);
    wait(1);
    await token();
    expect(server.granted).toHaveLength(2);
  });

  it('are asked for each time where they live less than half a minute', async () => {
    const { server, token } = await tokensOf(30);
    await token();
    await token();
    expect(server.granted).toHaveLength(2);
  });

  it('stay in use while they are valid and the endpoint is away', async () => {
    const { server, token, wait } = await tokensOf(300);
    const first = await token();
    wait(250);
    server.faults.push(503);
    expect(await token()).toEqual(first);
    wait(50);
    server.faults.push(503);
    await expect(token()).rejects.toThrow(
      `${server.tokenEndpoint} answers with status 503 temporarily_unavailable`,
    );
  });

  it('are not asked for again by themselves where the endpoint refuses the client', async () => {
    const { server } = await tokensOf(300);
    const { tokenEndpoint } = server;
    const token = accessTokens(
      { mechanism: 'OAUTHBEARER', tokenEndpoint, ...CLIENT, clientSecret: 'planted-wrong' },
      { now: () => epochMillis(0) },
    );
    await expect(token()).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      message: expect.not.stringContaining('planted'),
    });
  });

  it('tell that nobody answers as what may pass', async () => {
    const { server, token } = await tokensOf(300);
    await server.close();
    await expect(token()).rejects.toMatchObject({
      retriable: true,
      message: expect.stringContaining('does not answer: connect ECONNREFUSED'),
    });
  });
});

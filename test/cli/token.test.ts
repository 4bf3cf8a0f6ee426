import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createTokenList, tokenEntry, tokenHash, tokenOf } from '../../src/api/tokens.js';
import { configSchema } from '../../src/config/schema.js';
import { run } from '../support/cli.js';

describe('a new token', () => {
  const token = tokenOf(Buffer.alloc(32, 0xfb));

  it('is its random bytes in letters that a header and a shell take as they are', () => {
    expect(token).toMatch(/^sft_[\w-]{43}$/);
  });

  it('is never made of fewer', () => {
    expect(() => tokenOf(Buffer.alloc(31))).toThrow('a token needs 32 random bytes, not 31');
  });

  it.each(['123', 'true', 'null', '1e3', '-', '0x10'])('may be called %s', (name) => {
    const [entry] = parse(tokenEntry(name, ['read'], token));
    expect(entry.name).toBe(name);
  });

  it('is let in by the entry that is printed with it', () => {
    const tokens = parse(tokenEntry('wall-board.1', ['read', 'score'], token));
    const { api } = configSchema.parse({ api: { tokens } });
    expect(createTokenList(api.tokens).find(token)).toEqual({
      name: 'wall-board.1',
      scopes: ['read', 'score'],
      sha256: tokenHash(token),
    });
    expect(createTokenList(api.tokens).find(tokenHash(token))).toBeUndefined();
  });

  it('is printed with its entry by the command', async () => {
    const { status, stdout } = await run(['token', 'create', '--name', 'wallboard', '--scope', 'read']);
    expect(status).toBe(0);
    const [, printed = '', entry = ''] = /^(sft_\S+)$.*^(api:.*)/ms.exec(stdout) ?? [];
    expect(createTokenList(configSchema.parse(parse(entry)).api.tokens).find(printed)?.name).toBe(
      'wallboard',
    );
  });
});

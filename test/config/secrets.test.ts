// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration look like those of JavaScript
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/config/load.js';
import { configSchema } from '../../src/config/schema.js';
import { maskedConfig } from '../../src/config/secrets.js';
import { settings } from '../../src/config/settings.js';
import { plantedSettings } from '../support/planted.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function fileOf(content: string, name = 'config.yaml', folder = temporaryFolder()): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('a variable that names a file', () => {
  it.each(['s3cret', 's3cret\n', 's3cret\r\n'])(
    'gives the content without the end of its line: %j',
    async (content) => {
      const config = await loadConfig(undefined, { SENTIFLUX_REDIS_PASSWORD_FILE: await fileOf(content) });
      expect(config.redis.password).toBe('s3cret');
    },
  );

  it('keeps spaces, and the ends of lines within', async () => {
    const config = await loadConfig(undefined, {
      SENTIFLUX_OUTPUT_AUTHOR_KEY_FILE: await fileOf(' a \nb \n'),
    });
    expect(config.output.authorKey).toBe(' a \nb ');
  });

  it('may hold whatever the variable itself may', async () => {
    const path = await fileOf('- { name: ops, kind: slack, url: https://hooks.example/T0 }\n');
    const config = await loadConfig(undefined, { SENTIFLUX_ALERTING_RECEIVERS_FILE: path });
    expect(config.alerting.receivers).toMatchObject([{ name: 'ops' }]);
  });

  it('ends the start where the file cannot be read', async () => {
    await expect(
      loadConfig(undefined, { SENTIFLUX_REDIS_PASSWORD_FILE: '/no/such/file' }),
    ).rejects.toMatchObject({
      code: 'SF_CONFIG_UNREADABLE',
      message: expect.stringMatching(/SENTIFLUX_REDIS_PASSWORD_FILE: cannot read \/no\/such\/file: ENOENT/),
    });
  });

  it('ends the start where the file is empty', async () => {
    const path = await fileOf('\n');
    await expect(loadConfig(undefined, { SENTIFLUX_REDIS_PASSWORD_FILE: path })).rejects.toMatchObject({
      code: 'SF_CONFIG_INVALID',
      message: `the variable SENTIFLUX_REDIS_PASSWORD_FILE: the file ${path} is empty.`,
    });
  });

  it('ends the start where the value stands in a variable too', async () => {
    const variables = { SENTIFLUX_REDIS_PASSWORD: 'a', SENTIFLUX_REDIS_PASSWORD_FILE: await fileOf('b') };
    await expect(loadConfig(undefined, variables)).rejects.toThrow(
      'both SENTIFLUX_REDIS_PASSWORD and SENTIFLUX_REDIS_PASSWORD_FILE are set',
    );
  });

  it('is never the variable of another setting', () => {
    const variables = settings().map(({ variable }) => variable);
    expect(variables.filter((variable) => variables.includes(`${variable}_FILE`))).toEqual([]);
  });
});

describe('a reference in the configuration', () => {
  it('is replaced by a variable, or by a file beside the configuration', async () => {
    const folder = temporaryFolder();
    await fileOf('from-file\n', 'key', folder);
    const yaml = 'output: { authorKey: "${file:key}" }\nredis: { password: "a-${env:PASSWORD}-b" }';
    const config = await loadConfig(await fileOf(yaml, 'config.yaml', folder), { PASSWORD: 'from-variable' });
    expect(config.output.authorKey).toBe('from-file');
    expect(config.redis.password).toBe('a-from-variable-b');
  });

  it('works in lists', async () => {
    const path = await fileOf(
      'alerting: { receivers: [{ name: a, kind: slack, url: "https://${env:HOOK}" }] }',
    );
    const config = await loadConfig(path, { HOOK: 'hooks.example/T0' });
    expect(config.alerting.receivers).toMatchObject([{ url: 'https://hooks.example/T0' }]);
  });

  it('puts in any text as it is, also what would be YAML or a reference', async () => {
    const path = await fileOf('output: { authorKey: "${env:KEY}" }');
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ minLength: 1, unit: 'binary' }),
          fc.constantFrom('${env:KEY}', 'a: b', '~', '1'),
        ),
        async (KEY) => {
          expect((await loadConfig(path, { KEY })).output.authorKey).toBe(KEY);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ['${env:MISSING}', 'output.authorKey refers to the variable MISSING, which is not set'],
    ['${file:missing}', 'output.authorKey: cannot read '],
    ['${PASSWORD}', 'output.authorKey has a ${ that is no reference'],
    ['hush-${', 'output.authorKey has a ${ that is no reference'],
  ])('ends the start where it leads nowhere: %s', async (text, message) => {
    const loading = loadConfig(await fileOf(stringify({ output: { authorKey: text } })), {});
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.not.toThrow('hush');
  });

  it('can be written as text', async () => {
    const path = await fileOf('output: { authorKey: "$${env:HOME} $5 {}" }');
    expect((await loadConfig(path, {})).output.authorKey).toBe('${env:HOME} $5 {}');
  });
});

describe('the settings of TLS and logins', () => {
  it.each([
    [
      'a path for PEM text',
      { redis: { url: 'rediss://h', tls: { ca: 'ca.pem' } } },
      /redis\.tls\.ca is "ca\.pem": expected PEM/,
    ],
    [
      'PEM text that is cut off',
      { redis: { url: 'rediss://h', tls: { ca: '-----BEGIN CERTIFICATE-----' } } },
      /redis\.tls .*OpenSSL cannot use/,
    ],
    [
      'a certificate without its key',
      { streams: { kafka: { tls: { enabled: true, cert: '-----BEGIN CERTIFICATE-----' } } } },
      /tls\.key is missing \(cert and key belong together\)/,
    ],
    [
      'TLS that is not turned on',
      { streams: { kafka: { tls: { servername: 'kafka.example' } } } },
      /streams\.kafka\.tls\.enabled is missing \(true, where other keys of tls are set\)/,
    ],
    [
      'TLS for an address without',
      { redis: { tls: { servername: 'redis.example' } } },
      /redis\.url is missing \(rediss:/,
    ],
    [
      'two passwords of Redis',
      { redis: { url: 'redis://:hush@h', password: 'hush' } },
      /redis\.url is not what it should be: without user and password/,
    ],
    [
      'an address that cannot be decoded',
      { redis: { url: 'redis://:hush%zz@h' } },
      /redis\.url is not what it should be: expected redis:/,
    ],
    [
      'an address with a bare #',
      { redis: { url: 'redis://:hush#1@h' } },
      /redis\.url is not what it should be: expected redis:/,
    ],
    ['a user of Redis without password', { redis: { username: 'a' } }, /redis\.password is missing/],
    [
      'a login without its mechanism',
      { streams: { kafka: { sasl: { password: 'hush' } } } },
      /sasl\.mechanism is missing/,
    ],
    [
      'SCRAM without password',
      { streams: { kafka: { sasl: { mechanism: 'SCRAM-SHA-256', username: 'a' } } } },
      /sasl\.password is missing \(SCRAM-SHA-256 needs it\)/,
    ],
    [
      'OAUTHBEARER without its endpoint',
      { streams: { kafka: { sasl: { mechanism: 'OAUTHBEARER', clientSecret: 'hush' } } } },
      /sasl\.tokenEndpoint is missing/,
    ],
    [
      'a mechanism that there is not',
      { streams: { kafka: { sasl: { mechanism: 'hush' } } } },
      /sasl\.mechanism is "hush": expected one of "PLAIN"/,
    ],
  ])('end the start with %s', async (_, content, message) => {
    const loading = loadConfig(await fileOf(stringify(content)), {});
    await expect(loading).rejects.toMatchObject({
      code: 'SF_CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('a secret', () => {
  const mechanisms = ['PLAIN', 'OAUTHBEARER'] as const;

  it('is planted here in every setting that may hold one', () => {
    const planted = mechanisms.map((mechanism) => plantedSettings(temporaryFolder(), mechanism).sections);
    const keys = new Set(JSON.stringify(planted).match(/"\w+":/g));
    const marked = JSON.stringify(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }));
    // The schema of a key that is marked, or whose items are, holds no other braces.
    const secret = [...marked.matchAll(/("\w+":)\{(?:[^{}]*"items":\{)?[^{}]*"secret":/g)].map(
      ([, key]) => key,
    );
    expect(secret.length).toBeGreaterThan(15);
    expect(secret.filter((key) => !keys.has(key ?? ''))).toEqual([]);
  });

  it.each(mechanisms)('is in nothing that is shown of a configuration (%s)', (mechanism) => {
    const { sections, secrets } = plantedSettings(temporaryFolder(), mechanism);
    const shown = stringify(maskedConfig(configSchema.parse(sections)));
    for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(shown).toContain('https://hooks.example/***');
    expect(shown).toContain('brokers:');
  });

  it.each(mechanisms)('is in no error, whatever else is wrong with it (%s)', async (mechanism) => {
    const { sections, secrets } = plantedSettings(temporaryFolder(), mechanism);
    for (const spoil of [
      (text: string) => [text],
      (text: string) => ({ [`in-${text.length}`]: text }),
      (text: string) => `:${text}\n`,
    ]) {
      const spoilt = JSON.parse(JSON.stringify(sections), (_, value) =>
        secrets.some((secret) => typeof value === 'string' && value.includes(secret)) ? spoil(value) : value,
      );
      const error = await loadConfig(await fileOf(stringify(spoilt)), {}).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'SF_CONFIG_INVALID' });
      for (const secret of secrets) expect(inspect(error, { depth: 9 })).not.toContain(secret);
    }
  });

  it.each([
    ['a section', 'redis: rediss://:hush@h'],
    ['a key', '"redis://:hush@h": 1'],
    ['a key of a section', 'redis: {url:redis://worker:hush@h}'],
    ['a list of brokers', 'streams: { kafka: { brokers: SASL://u:hush@h } }'],
    ['a login as a text', 'streams: { kafka: { sasl: PLAIN u hush } }'],
    ['an alias', 'output: { authorKey: *hush }'],
    ['a tag', 'output: { authorKey: !hush x }'],
    ['a token in the place of its hash', 'api: { tokens: [{ name: a, scopes: [read], sha256: hush }] }'],
  ])('is in no error that it causes as %s', async (_, yaml) => {
    const error = await loadConfig(await fileOf(yaml), {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SF_CONFIG_INVALID' });
    expect(inspect(error, { depth: 9 })).not.toContain('hush');
  });
});

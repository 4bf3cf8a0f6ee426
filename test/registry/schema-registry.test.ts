import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { openSchemaRegistry } from '../../src/registry/schema-registry.js';
import { registryServer } from './registry-server.js';

const POST = '{"type":"record","name":"Post","fields":[{"name":"text","type":"string"}]}';

function registryAt(url: string, login: { username?: string; password?: string } = {}, now = () => 0) {
  const { registry } = configSchema.parse({ input: { registry: { url, ...login, timeoutMs: 500 } } }).input;
  const opened = openSchemaRegistry(registry, { now: () => epochMillis(now()) });
  if (opened === undefined) throw new Error('an address is given');
  return opened;
}

describe('a schema registry', () => {
  it('is asked for a schema by its id, and each only once', async () => {
    const server = await registryServer();
    const avro = server.register('posts-value', { schema: POST });
    const protobuf = server.register('p', { schema: 'message Post {}', schemaType: 'PROTOBUF' });
    const registry = registryAt(`${server.url}/`);
    const [first, second, third] = await Promise.all([avro, avro, protobuf].map((id) => registry.schema(id)));
    expect(first).toEqual({ kind: 'schema', format: 'avro', text: POST, references: [] });
    expect(second).toEqual(first);
    expect(third).toMatchObject({ format: 'protobuf' });
    expect(await registry.schema(avro)).toEqual(first);
    expect(server.asked).toEqual(['/schemas/ids/1', '/schemas/ids/2']);
  });

  it('gives what a schema refers to, each once and before what refers to it', async () => {
    const server = await registryServer();
    server.register('place', { schema: '"a place"' });
    const place = { name: 'Place', subject: 'place', version: 1 };
    server.register('com/author', { schema: '"an author"', references: [place] });
    const author = { name: 'Author', subject: 'com/author', version: 1 };
    const id = server.register('post', { schema: '"a post"', references: [author, place] });
    expect(await registryAt(server.url).schema(id)).toMatchObject({
      references: [
        { name: 'Place', text: '"a place"' },
        { name: 'Author', text: '"an author"' },
      ],
    });
  });

  it('tells of what it does not know, and is asked again after a minute', async () => {
    const server = await registryServer();
    let now = 0;
    const registry = registryAt(server.url, {}, () => now);
    const unknown = { kind: 'unknown', message: 'the registry does not know it' };
    expect(await registry.schema(1)).toEqual(unknown);
    server.register('posts-value', { schema: POST });
    now = 59_999;
    expect(await registry.schema(1)).toEqual(unknown);
    now = 60_000;
    expect(await registry.schema(1)).toMatchObject({ kind: 'schema' });
    now = 600_000;
    await registry.schema(1);
    expect(server.asked).toHaveLength(2);
  });

  it.each([
    [
      { schema: POST, references: [{ name: 'A', subject: 'gone', version: 3 }] },
      'it refers to version 3 of gone, which the registry does not know',
    ],
    [{ schema: 'struct Post {}', schemaType: 'THRIFT' as const }, 'it is of the type THRIFT'],
  ])('has schemas that nobody can read: %j', async (registration, message) => {
    const server = await registryServer();
    const id = server.register('posts-value', registration);
    expect(await registryAt(server.url).schema(id)).toEqual({ kind: 'unknown', message });
  });

  it.each([
    [{ status: 503 }, 'SF_REGISTRY_UNREACHABLE'],
    [{ status: 429 }, 'SF_REGISTRY_UNREACHABLE'],
    [{ status: 404, body: 'nothing here' }, 'SF_REGISTRY_REFUSED'],
    [{ status: 302 }, 'SF_REGISTRY_REFUSED'],
    [{ status: 200, body: '<html>' }, 'SF_REGISTRY_REFUSED'],
    [{ status: 200, body: '{"schema":7}' }, 'SF_REGISTRY_REFUSED'],
  ])('that answers %j may know it another time', async (failure, code) => {
    const server = await registryServer();
    const id = server.register('posts-value', { schema: POST });
    const registry = registryAt(server.url);
    server.failure = failure;
    await expect(registry.schema(id)).rejects.toMatchObject({ code });
    server.failure = undefined;
    expect(await registry.schema(id)).toMatchObject({ kind: 'schema' });
  });

  it('that is not there is unreachable', async () => {
    await expect(registryAt('http://127.0.0.1:9').schema(1)).rejects.toMatchObject({
      code: 'SF_REGISTRY_UNREACHABLE',
      message: expect.stringContaining('the schema registry at 127.0.0.1:9 gave no answer'),
    });
  });

  it('lets in who has the login, by keys or by the address, and no message tells it', async () => {
    const server = await registryServer();
    const id = server.register('posts-value', { schema: POST });
    server.login = 'reader:s3:cret@';
    const withUser = server.url.replace('//', '//reader:s3%3Acret%40@');
    expect(await registryAt(withUser).schema(id)).toMatchObject({ kind: 'schema' });
    const login = { username: 'reader', password: 's3:cret@' };
    expect(await registryAt(server.url, login).schema(id)).toMatchObject({ kind: 'schema' });
    const refused = await registryAt(withUser.replace('reader', 'other'))
      .schema(id)
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'SF_REGISTRY_REFUSED', message: expect.stringContaining('401') });
    expect(String(refused)).not.toContain('cret');
  });

  it('is none where no address is given', () => {
    const { registry } = configSchema.parse({}).input;
    expect(openSchemaRegistry(registry, { now: () => epochMillis(0) })).toBeUndefined();
  });
});

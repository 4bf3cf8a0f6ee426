import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Registration {
  readonly schema: string;
  /** Left out for Avro, as the interface has it. */
  readonly schemaType?: 'PROTOBUF' | 'JSON' | 'THRIFT';
  readonly references?: ReadonlyArray<{ name: string; subject: string; version: number }>;
}

export interface RegistryServer {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** What it answers to everything, instead of what it knows. */
  failure: { readonly status: number; readonly body?: string } | undefined;
  /** Of the login that it asks for: `user:password`. */
  login: string | undefined;
  /** @returns the schema's id */
  register(subject: string, registration: Registration): number;
}

/** A schema registry on loopback, by Confluent's documented REST interface, as far as readers need it. */
export async function registryServer(): Promise<RegistryServer> {
  const byId: Registration[] = [];
  const bySubject = new Map<string, number[]>();
  const asked: string[] = [];

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const { failure, login } = registry;
    if (failure !== undefined) return void response.writeHead(failure.status).end(failure.body);
    if (login !== undefined) {
      const expected = `Basic ${Buffer.from(login).toString('base64')}`;
      if (request.headers.authorization !== expected) return answer(response, 401, { error_code: 401 });
    }
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(path) ?? [];
    if (id !== undefined) {
      const found = byId[Number(id) - 1];
      return found === undefined ? notFound(response, 40403, 'Schema') : answer(response, 200, found);
    }
    const [, subject = '', version] = /^\/subjects\/([^/]+)\/versions\/(\d+)$/.exec(path) ?? [];
    const ids = bySubject.get(decodeURIComponent(subject));
    if (ids === undefined) return notFound(response, 40401, 'Subject');
    const ofVersion = ids[Number(version) - 1];
    if (ofVersion === undefined) return notFound(response, 40402, 'Version');
    answer(response, 200, { subject, version: Number(version), id: ofVersion, ...byId[ofVersion - 1] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const registry: RegistryServer = {
    url: `http://127.0.0.1:${port}`,
    asked,
    failure: undefined,
    login: undefined,
    register(subject, registration) {
      const id = byId.push(registration);
      bySubject.set(subject, [...(bySubject.get(subject) ?? []), id]);
      return id;
    },
  };
  return registry;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
  response.end(JSON.stringify(body));
}

function notFound(response: ServerResponse, code: number, what: string): void {
  answer(response, 404, { error_code: code, message: `${what} not found` });
}

/** A value in the registry's wire format. */
export function framed(id: number, ...payload: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, ...payload]);
}

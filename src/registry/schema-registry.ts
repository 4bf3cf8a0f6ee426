import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { RegistryConfig } from '../config/schema.js';
import type { Clock } from '../contracts/clock.js';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { RegisteredSchema, SchemaReference } from '../contracts/registered-schema.js';
import { mayPass } from '../http/later.js';
import { send } from '../http/send.js';

/** Where schemas are kept by their ids. */
export interface SchemaRegistry {
  /**
   * The schema of an id with all that it refers to. What the registry does not know is an answer too.
   *
   * @throws SentifluxError SF_REGISTRY_UNREACHABLE, SF_REGISTRY_REFUSED: it may be known another time
   */
  schema(id: number): Promise<RegisteredSchema>;
}

/** An id that is unknown may have been asked of a follower that lags behind. */
const UNKNOWN_FOR_MILLIS = 60_000;
const MOST_UNKNOWN = 10_000;
const MOST_REFERENCES = 100;
const ACCEPTED = 'application/vnd.schemaregistry.v1+json, application/json';
/** Subject, version, or schema not found; any other 404 is another server's. */
const NOT_FOUND = new Set([40401, 40402, 40403]);

const referenceSchema = z.object({ name: z.string(), subject: z.string(), version: z.number().int() });
const answerSchema = z.object({
  schema: z.string(),
  // Left out for Avro.
  schemaType: z.string().default('AVRO'),
  references: z
    .array(referenceSchema)
    .nullish()
    .transform((references) => references ?? []),
});
type Answer = z.infer<typeof answerSchema>;
const failureSchema = z.object({ error_code: z.number() });

const FORMATS: ReadonlyMap<string, 'avro' | 'protobuf' | 'json'> = new Map([
  ['AVRO', 'avro'],
  ['PROTOBUF', 'protobuf'],
  ['JSON', 'json'],
]);

/** The registry of a configuration, if it names one. */
export function openSchemaRegistry(config: RegistryConfig, clock: Clock): SchemaRegistry | undefined {
  const { url } = config;
  return url === undefined ? undefined : createSchemaRegistry({ ...config, url }, clock);
}

/**
 * A registry that speaks Confluent's REST interface: Confluent's own, Karapace, Apicurio, Redpanda. Each schema is asked for
 * once, as an id never comes to mean another one.
 */
function createSchemaRegistry(
  { url, username, password, timeoutMs }: RegistryConfig & { readonly url: string },
  clock: Clock,
): SchemaRegistry {
  const { href, credentials } = addressOf(url, username, password);
  const schemas = new Map<number, Promise<RegisteredSchema>>();
  const unknownUntil = new Map<number, number>();

  async function get(path: string): Promise<Answer | undefined> {
    const { status, body } = await answered(path);
    if (status === 200) {
      const answer = answerSchema.safeParse(jsonIn(body));
      if (answer.success) return answer.data;
      throw refused('gave an answer that is not of the documented shape');
    }
    if (status === 404 && NOT_FOUND.has(failureSchema.safeParse(jsonIn(body)).data?.error_code ?? 0))
      return undefined;
    if (mayPass(status)) throw unreachable(`answered ${status}`);
    throw refused(`answered ${status}`);
  }

  async function answered(path: string): Promise<{ readonly status: number; readonly body: string }> {
    try {
      const response = await send(
        { url: `${href}${path}`, headers: { accept: ACCEPTED, ...credentials } },
        { signal: AbortSignal.timeout(timeoutMs), allowPrivate: true, keepAlive: true },
      );
      return { status: response.statusCode ?? 0, body: (await buffer(response)).toString() };
    } catch (cause) {
      throw unreachable(`gave no answer: ${messageOf(cause)}`, cause);
    }
  }

  const unreachable = (what: string, cause?: unknown): SentifluxError =>
    new SentifluxError('SF_REGISTRY_UNREACHABLE', `the schema registry at ${new URL(href).host} ${what}.`, {
      cause,
    });
  const refused = (what: string): SentifluxError =>
    new SentifluxError('SF_REGISTRY_REFUSED', `the schema registry at ${new URL(href).host} ${what}.`, {
      hint: 'Check input.registry: its address, user and password.',
    });

  async function ask(id: number): Promise<RegisteredSchema> {
    const answer = await get(`/schemas/ids/${id}`);
    if (answer === undefined) return unknown('the registry does not know it');
    const format = FORMATS.get(answer.schemaType);
    if (format === undefined) return unknown(`it is of the type ${answer.schemaType}`);
    const references = new Map<string, SchemaReference>();
    const missing = await collectReferences(answer, references);
    if (missing !== undefined) return unknown(missing);
    return { kind: 'schema', format, text: answer.schema, references: [...references.values()] };
  }

  /** @returns what is missing, where something is */
  async function collectReferences(
    { references }: Answer,
    found: Map<string, SchemaReference>,
  ): Promise<string | undefined> {
    for (const { name, subject, version } of references) {
      const key = `${subject} ${version}`;
      if (found.has(key)) continue;
      if (found.size >= MOST_REFERENCES) return `it refers to more than ${MOST_REFERENCES} others`;
      const answer = await get(`/subjects/${encodeURIComponent(subject)}/versions/${version}`);
      if (answer === undefined)
        return `it refers to version ${version} of ${subject}, which the registry does not know`;
      const missing = await collectReferences(answer, found);
      if (missing !== undefined) return missing;
      found.set(key, { name, text: answer.schema });
    }
    return undefined;
  }

  return {
    schema(id) {
      if ((unknownUntil.get(id) ?? Number.POSITIVE_INFINITY) <= clock.now()) schemas.delete(id);
      const known = schemas.get(id);
      if (known !== undefined) return known;
      const asked = ask(id);
      schemas.set(id, asked);
      asked.then(
        ({ kind }) => {
          unknownUntil.delete(id);
          if (kind !== 'unknown') return;
          // Ids by the thousand that nobody has registered are somebody's mistake, or malice: they must not fill memory.
          if (unknownUntil.size >= MOST_UNKNOWN) {
            for (const other of unknownUntil.keys()) schemas.delete(other);
            unknownUntil.clear();
          }
          unknownUntil.set(id, clock.now() + UNKNOWN_FOR_MILLIS);
        },
        () => void schemas.delete(id),
      );
      return asked;
    },
  };
}

function unknown(message: string): RegisteredSchema {
  return { kind: 'unknown', message };
}

/** The address without a user in it or a slash at its end, and the header that logs in. */
function addressOf(url: string, username?: string, password?: string) {
  const address = new URL(url);
  const user = username ?? decodeURIComponent(address.username);
  const secret = password ?? decodeURIComponent(address.password);
  address.username = '';
  address.password = '';
  const credentials =
    user === '' ? {} : { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` };
  return { href: address.href.replace(/\/+$/, ''), credentials };
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

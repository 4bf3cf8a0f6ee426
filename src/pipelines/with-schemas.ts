import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { RecordBatch } from '../contracts/record.js';
import { valueAt } from '../contracts/record-batch.js';
import { type RegisteredSchema, type RegisteredSchemas, schemaIdOf } from '../contracts/registered-schema.js';
import type { SchemaRegistry } from '../registry/schema-registry.js';
import { createBackoff } from './backoff.js';
import type { Scorer } from './model-swap.js';
import { waitUnlessStopped } from './wait-unless-stopped.js';

export interface WithSchemasOptions {
  readonly registry: SchemaRegistry;
  readonly logger: Logger;
  /** Numbers from 0 to 1; of the system unless told. */
  readonly random?: () => number;
  /** Between two attempts; a timer by default. */
  readonly wait?: (millis: number, stop?: AbortSignal) => Promise<void>;
}

/**
 * Gives each batch the schemas that its values name before it is scored. While the registry cannot be asked the batch
 * waits, and nothing of its partition that is behind it is settled.
 *
 * @throws the reason of `stop`, where the schemas are not there by then
 */
export function withSchemas(
  scoreBatch: Scorer['scoreBatch'],
  { registry, logger, random = Math.random, wait = waitUnlessStopped }: WithSchemasOptions,
): Scorer['scoreBatch'] {
  async function schemaOf(id: number, stop?: AbortSignal): Promise<RegisteredSchema> {
    const backoff = createBackoff(random);
    for (;;) {
      stop?.throwIfAborted();
      try {
        return await registry.schema(id);
      } catch (error) {
        if (!(error instanceof SentifluxError)) throw error;
        const millis = backoff.next();
        const { code, hint } = error;
        logger.warn(
          { code, schema: id, reason: messageOf(error), hint, againInMs: millis },
          'a schema cannot be had; posts that name it wait',
        );
        await wait(millis, stop);
      }
    }
  }

  return async (batch, stop) => {
    const ids = schemaIdsIn(batch);
    if (ids.size === 0) return scoreBatch(batch, stop);
    const schemas = new Map<number, RegisteredSchema>();
    for (const id of ids) schemas.set(id, await schemaOf(id, stop));
    return scoreBatch({ ...batch, schemas } satisfies { schemas: RegisteredSchemas }, stop);
  };
}

function schemaIdsIn(batch: RecordBatch): ReadonlySet<number> {
  const ids = new Set<number>();
  for (let i = 0; i < batch.length; i += 1) {
    const id = schemaIdOf(valueAt(batch, i));
    if (id !== undefined) ids.add(id);
  }
  return ids;
}

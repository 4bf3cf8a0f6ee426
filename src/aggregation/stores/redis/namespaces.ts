import { z } from 'zod';
import { NAMESPACE } from '../../../contracts/ids.js';
import type { WindowReader } from '../../../contracts/window-reader.js';
import type { Claim, WindowStore } from '../../store.js';
import type { Connection } from './connection.js';
import { type Keys, keysOf } from './keys.js';
import { type RetentionConfig, stateMillis } from './partition-store.js';
import { createWindowReader } from './window-reader.js';

const originSchema = z.object({ topic: z.string(), partitions: z.number().int().positive() });
type Origin = z.infer<typeof originSchema>;

/** The namespaces that are filled from topics of their own. Each has a key that names its topic. */
export function createNamespaces(
  connection: Connection,
  keys: Keys,
  partitionCount: number,
  config: RetentionConfig,
): Pick<WindowStore, 'claim' | 'namespace'> {
  async function originOf({ origin }: Keys): Promise<Origin | undefined> {
    const text = await connection.send((client) => client.get(origin));
    return text === null ? undefined : originSchema.parse(JSON.parse(text));
  }

  /** Whether anything was counted under these keys. */
  async function isUsed(): Promise<boolean> {
    const states = Array.from({ length: partitionCount }, (_, partition) => keys.state(partition));
    const found = await Promise.all(
      [keys.watermark, ...states].map((key) => connection.send((client) => client.exists(key))),
    );
    return found.some((count) => count > 0);
  }

  return {
    async claim(topic): Promise<Claim> {
      const found = await originOf(keys);
      if (found !== undefined && (found.topic !== topic || found.partitions !== partitionCount))
        return { kind: 'taken', topic: found.topic };
      if (found === undefined && (await isUsed())) return { kind: 'taken', topic: undefined };
      const origin = JSON.stringify({ topic, partitions: partitionCount } satisfies Origin);
      await connection.send((client) => client.set(keys.origin, origin, 'PX', stateMillis(config)));
      return { kind: 'claimed' };
    },

    async namespace(name): Promise<WindowReader | undefined> {
      if (!NAMESPACE.test(name)) return undefined;
      const own = keysOf(name);
      const origin = await originOf(own);
      return origin && createWindowReader(connection, own, origin.partitions, config);
    },
  };
}

import { randomUUID } from 'node:crypto';
import { keyAt, valueAt } from '../../src/contracts/record-batch.js';
import type { Streams } from '../../src/streams/port.js';

export interface Collected {
  readonly key: string | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Everything that is on a topic, until it is enough. */
export async function collect(
  streams: Streams,
  topic: string,
  isEnough: (collected: readonly Collected[]) => boolean,
): Promise<readonly Collected[]> {
  const collected: Collected[] = [];
  await new Promise<void>((resolve, reject) => {
    const consumption = streams.consume({
      topic,
      group: randomUUID(),
      from: 'earliest',
      maxBatchRecords: 1_000,
      maxInFlight: { records: 10_000, bytes: 10_000_000 },
      onBatch: (batch) => {
        for (let i = 0; i < batch.length; i += 1) {
          const key = keyAt(batch, i);
          const headers = Object.entries(batch.headers?.[i] ?? {}).map(([name, value]) => [
            name,
            Buffer.from(value).toString(),
          ]);
          collected.push({
            key: key && Buffer.from(key).toString(),
            value: valueAt(batch, i),
            headers: Object.fromEntries(headers),
          });
        }
        void consumption.then((open) => open.settle(batch, [])).catch(reject);
        if (isEnough(collected)) resolve();
      },
      onFailure: reject,
    });
    consumption.catch(reject);
  });
  return collected;
}

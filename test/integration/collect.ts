import { randomUUID } from 'node:crypto';
import type { RecordBatch } from '../../src/contracts/record.js';
import { keyAt, valueAt } from '../../src/contracts/record-batch.js';
import type { Consumption, Streams } from '../../src/streams/port.js';

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
    const consumption = read(streams, topic, reject, (batch) => {
      collected.push(...recordsOf(batch));
      void consumption.then((open) => open.settle(batch, [])).catch(reject);
      if (isEnough(collected)) resolve();
    });
    consumption.catch(reject);
  });
  return collected;
}

/** Everything that is on a topic now, as a reader sees it that takes only committed transactions. */
export async function collectAll(streams: Streams, topic: string): Promise<readonly Collected[]> {
  const collected: Collected[] = [];
  const failures: unknown[] = [];
  const fail = (error: unknown) => failures.push(error);
  const consumption = await read(streams, topic, fail, (batch) => {
    collected.push(...recordsOf(batch));
    consumption.settle(batch, []).catch(fail);
  });
  for (let lags = [1]; lags.length === 0 || lags.some((lag) => lag > 0); ) {
    if (failures.length > 0) throw failures[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
    lags = [...(await consumption.lag()).values()];
  }
  await consumption.close();
  return collected;
}

function read(
  streams: Streams,
  topic: string,
  onFailure: (error: Error) => void,
  onBatch: (batch: RecordBatch) => void,
): Promise<Consumption> {
  return streams.consume({
    topic,
    group: randomUUID(),
    from: 'earliest',
    maxBatchRecords: 1_000,
    maxInFlight: { records: 10_000, bytes: 10_000_000 },
    onBatch,
    onFailure,
  });
}

function recordsOf(batch: RecordBatch): readonly Collected[] {
  return Array.from({ length: batch.length }, (_, i) => {
    const key = keyAt(batch, i);
    const headers = Object.entries(batch.headers?.[i] ?? {});
    return {
      key: key && Buffer.from(key).toString(),
      value: valueAt(batch, i),
      headers: Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value).toString()])),
    };
  });
}

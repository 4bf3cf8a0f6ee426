import { setTimeout as wait } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { typeOf } from './errors.js';

/** Some 7 s in all, in which a partition has another leader. */
const ATTEMPTS = 9;
const FIRST_WAIT_MILLIS = 50;
const MOST_WAIT_MILLIS = 2_000;

/** A partition's leader is another one by now, or being elected. */
const LEADER_HAS_MOVED = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE']);

/**
 * An admin whose look-ups of offsets can stand beside its other requests, and outlive the leader that they ask.
 *
 * kafkajs asks the leaders that it knows twice, and a request that began before it knew the topic may take its metadata
 * back in between: then it finds no leader, and ends in a TypeError. Asked again it reads the metadata anew. It gives up
 * at once where a leader has moved, and would ask the old one for as long as its metadata is valid, which is minutes.
 */
export function withSteadyLookups(admin: Admin): Admin {
  async function again<Result>(lookUp: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await lookUp();
      } catch (error) {
        const hasMoved = LEADER_HAS_MOVED.has(typeOf(error));
        if (attempt === ATTEMPTS || !(hasMoved || error instanceof TypeError)) throw error;
        await wait(Math.min(FIRST_WAIT_MILLIS * 2 ** (attempt - 1), MOST_WAIT_MILLIS));
        // Of all requests of kafkajs' admin that only read, the one that reads all metadata anew before it begins.
        if (hasMoved) await admin.listGroups().catch(() => {});
      }
    }
  }

  return {
    ...admin,
    fetchTopicOffsets: (topic) => again(() => admin.fetchTopicOffsets(topic)),
    fetchTopicOffsetsByTimestamp: (topic, time) =>
      again(() => admin.fetchTopicOffsetsByTimestamp(topic, time)),
  };
}

import { setTimeout as wait } from 'node:timers/promises';
import type { Admin } from 'kafkajs';

const ATTEMPTS = 5;
const WAIT_MILLIS = 50;

/**
 * An admin whose look-ups of offsets can stand beside its other requests. kafkajs asks the leaders that it knows
 * twice, and a request that began before it knew the topic may take its metadata back in between: then it finds no
 * leader, and ends in a TypeError. Asked again it reads the metadata anew.
 */
export function withSteadyLookups(admin: Admin): Admin {
  return {
    ...admin,
    fetchTopicOffsets: (topic) => again(() => admin.fetchTopicOffsets(topic)),
    fetchTopicOffsetsByTimestamp: (topic, time) =>
      again(() => admin.fetchTopicOffsetsByTimestamp(topic, time)),
  };
}

async function again<Result>(lookUp: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await lookUp();
    } catch (error) {
      if (!(error instanceof TypeError) || attempt === ATTEMPTS) throw error;
      await wait(WAIT_MILLIS);
    }
  }
}

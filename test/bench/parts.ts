// What the worker is made of, each part alone: scorer, kafkajs' consumer and its producer.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fill, type Setting } from './measure.js';

/** Processor time in microseconds a post. */
export interface Parts {
  readonly score: number;
  readonly consume: number;
  readonly produce: number;
}

const run = promisify(execFile);

async function part(...args: readonly string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [
    '--import',
    './scripts/typescript.mjs',
    'test/bench/part.ts',
    ...args,
  ]);
  return Number(stdout);
}

/** Measures each in a process of its own, one after the other, on the posts of the setting. */
export async function measureParts(setting: Setting): Promise<Parts> {
  const { run: filled, streams } = await fill(setting);
  try {
    const { brokers, folder, topics, posts } = filled;
    return {
      score: await part('score', folder, String(posts)),
      consume: await part('consume', brokers, topics.posts, String(posts)),
      produce: await part('produce', brokers, topics.scored, String(posts)),
    };
  } finally {
    await streams.close();
  }
}

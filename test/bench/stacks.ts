// What is measured: ways to score a topic of posts into another one, ours and others.
import type { ChildProcess } from 'node:child_process';
import type { Config } from '../../src/config/schema.js';

/** One way, as a row of the table names it. */
export interface Stack {
  /** `sentiflux`, or the peer's folder. */
  readonly stack: string;
  readonly roles?: string;
  readonly delivery: 'at-least-once' | 'exactly-once';
  readonly engine: 'native' | 'onnx' | 'tfjs-node' | 'torch';
  readonly precision: 'float32' | 'int8';
  /** The packages that it is made of, with their versions. */
  readonly packages: readonly string[];
  /** Installs what it needs. Resolves to why that cannot be had, or to nothing. */
  install(): string | undefined;
  /** Starts to score the topic of posts into that of results; stderr is a pipe. */
  start(run: Run): ChildProcess;
  /** It scores whatever comes until it is told to stop, so that its latency can be measured. */
  readonly isEndless: boolean;
}

/** One measurement of a stack. */
export interface Run {
  /** Its consumer group, and what else must be its own. */
  readonly id: string;
  readonly brokers: string;
  readonly redisUrl: string;
  readonly topics: Config['topics'];
  /** How many posts lie in the topic. */
  readonly posts: number;
  /** Files of the benchmark: the token table, and the network as `float32.onnx` and `int8.onnx`. */
  readonly folder: string;
}

export function nameOf({ stack, roles, delivery, engine, precision }: Stack): string {
  return [stack, roles, delivery, engine, precision].filter(Boolean).join(' ');
}

/** Takes from each list in turn, so that those of one are spread among those of the other. */
export function inTurn<Item>(some: readonly Item[], others: readonly Item[]): readonly Item[] {
  const length = Math.max(some.length, others.length);
  return Array.from({ length }, (_, i) => [...some.slice(i, i + 1), ...others.slice(i, i + 1)]).flat();
}

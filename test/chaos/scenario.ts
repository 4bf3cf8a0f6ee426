import type { Config } from '../../src/config/schema.js';
import type { Streams } from '../../src/streams/port.js';
import type { Cluster } from './cluster.js';
import type { Load } from './load.js';
import type { Oracle } from './oracle.js';
import type { SupervisedWorker } from './worker-process.js';

export type Delivery = Config['streams']['kafka']['delivery'];
type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A fault, what is promised under it, and how it is brought about. */
export interface Scenario {
  readonly name: string;
  /** As the table in docs/reliability.md words them. */
  readonly promise: string;
  readonly fault: string;
  /** How long the fault takes, about: the load is spread over it. A fault that is repeated takes so long each time. */
  readonly seconds: number;
  /** Whether it is repeated, as often as CHAOS_KILLS says. */
  readonly repeats?: true;
  /** Of the worker, beside those that all scenarios share. */
  readonly settings?: Sections;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the fault itself asks for second results. */
  readonly allowsDoubles?: true;
  /** What the product still lacks: the scenario runs only where it is named. */
  readonly awaits?: string;
  /** Brings about the fault while the load goes on; the first worker runs already. */
  strike(stage: Stage): Promise<void>;
}

/** All that a scenario can lay its hands on. */
export interface Stage {
  readonly cluster: Cluster;
  readonly config: Config;
  readonly delivery: Delivery;
  readonly load: Load;
  readonly oracle: Oracle;
  readonly worker: SupervisedWorker;
  /** A client of its own, by a way that is not disturbed; closed with the scenario. */
  newStreams(): Promise<Streams>;
  /** How often a fault that can be repeated is. */
  readonly repeats: number;
  /** Directory of the model that the workers use, a copy of this run's own. */
  readonly model: string;
  /** Of this run alone, for what it writes. */
  readonly folder: string;
  /** Numbers from 0 to 1, by the seed. */
  readonly random: () => number;
  /** An integer, both ends included. */
  between(least: number, most: number): number;
  /** Another worker of the same group, which works when this resolves. */
  startWorker(): Promise<SupervisedWorker>;
  /**
   * Resolves when all that had come by now is scored and counted, and notes how long that took since the fault was
   * over.
   *
   * @param since on the clock of `performance.now()`; now by default
   */
  recovers(since?: number): Promise<void>;
  /** To be done when all is judged, also after a failure. */
  afterwards(work: () => Promise<void>): void;
  /** Something to be told beside the figures of every scenario. */
  note(text: string): void;
  /** Something that breaks a promise, beside what is found in every scenario. */
  finding(text: string): void;
}

import type { Alert } from '../contracts/alert.js';
import type { AlertBook } from '../contracts/alert-book.js';
import type { BrandId } from '../contracts/ids.js';
import type { Silence } from '../contracts/silence.js';
import type { SilenceBook } from '../contracts/silence-book.js';
import type { RuleState } from './state.js';

/** An alert, and the state of a rule that has not been evaluated for as long, is forgotten after this. */
export const ALERT_RETENTION_MILLIS = 35 * 86_400_000;
/** A silence is known so much longer than it lasts: windows of its time may be evaluated late, after a stop. */
export const ENDED_SILENCE_MILLIS = 86_400_000;

/** What has a state of its own. */
export interface RuleKey {
  readonly brand: BrandId;
  readonly rule: string;
}

export interface StoredState {
  readonly state: RuleState;
  /** Number of the commit that wrote it, from 1. */
  readonly revision: number;
}

export interface StateCommit {
  readonly key: RuleKey;
  /** Revision that the new state was computed from; 0 where there was none. */
  readonly expected: number;
  readonly state: RuleState;
  /** An alert that began, went on or was resolved with it. Its acknowledgement is kept. */
  readonly alert?: Alert;
}

/** What can be known of alerts without the store. */
export interface PastAlerts {
  readonly alerts: readonly Alert[];
  readonly states: ReadonlyArray<{ readonly key: RuleKey; readonly state: RuleState }>;
  readonly silences: readonly Silence[];
}

/** States of the rules, the alerts that they raised, and silences. Every operation is atomic. */
export interface AlertStore extends AlertBook, SilenceBook {
  /** In the order of the keys; `undefined` where a rule has never been evaluated. */
  states(keys: readonly RuleKey[]): Promise<readonly (StoredState | undefined)[]>;
  /** Compare and set: `false`, and nothing is changed, where another process committed in between. */
  commit(commit: StateCommit): Promise<boolean>;
  /** False for a store that is new or has lost its data, until something was restored. */
  knowsPast(): Promise<boolean>;
  /**
   * Takes over what is known of the past from elsewhere. Alerts and silences that are there stay as they are; states
   * are put in place of those that are there, unless they change meanwhile. Safe to do twice.
   */
  restore(past: PastAlerts): Promise<void>;
  close(): Promise<void>;
}

import type { Alert } from './alert.js';
import type { BrandId, EpochMillis } from './ids.js';

export interface AlertQuery {
  readonly brand?: BrandId;
  readonly state?: Alert['state'];
  /** Those that fired at `from` or later and before `to`. */
  readonly from?: EpochMillis | undefined;
  readonly to?: EpochMillis | undefined;
  /** Most alerts to return. */
  readonly limit: number;
}

/** The alerts as people see them: what fired, what is firing, who has seen it. */
export interface AlertBook {
  /** Newest first. */
  list(query: AlertQuery): Promise<readonly Alert[]>;
  get(id: string): Promise<Alert | undefined>;
  /** `undefined` where there is no such alert. A second acknowledgement changes nothing. */
  acknowledge(id: string, by: string, at: EpochMillis): Promise<Alert | undefined>;
}

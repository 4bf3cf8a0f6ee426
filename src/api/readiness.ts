/** Whether a part of the worker can do its work, and what keeps it from it. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ready: boolean;
  readonly detail?: string;
}

/** Asks every part of the worker. */
export type Readiness = () => Promise<readonly ReadinessCheck[]>;

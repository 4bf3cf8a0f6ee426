export const ROLES = ['score', 'aggregate', 'alert', 'api', 'ingest'] as const;
export type RoleName = (typeof ROLES)[number];

/** Whether a part of the worker can do its work, and what keeps it from it. */
export interface Readiness {
  readonly name: string;
  readonly ready: boolean;
  readonly detail?: string;
}

/** One part of the worker while it runs. */
export interface Role {
  readonly name: RoleName;
  readiness(): Promise<Readiness>;
  /** Finishes what has begun, commits it and lets go of everything that the role opened. */
  stop(): Promise<void>;
}

import type { EpochMillis } from './ids.js';
import type { Silence } from './silence.js';

/** The silences that people have asked for, beside those of the configuration. */
export interface SilenceBook {
  /** Those that end after a time, the first to end first. */
  silences(after: EpochMillis): Promise<readonly Silence[]>;
  /** One with a known id is left as it is. */
  addSilence(silence: Silence): Promise<void>;
  /** `undefined` where there is no such silence. One that has ended by then stays as it is. */
  endSilence(id: string, at: EpochMillis): Promise<Silence | undefined>;
}

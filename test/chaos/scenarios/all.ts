import type { Scenario } from '../scenario.js';
import { kills } from './kills.js';

/** In the order in which they are played. */
export const scenarios: readonly Scenario[] = [...kills];

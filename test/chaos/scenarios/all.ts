import type { Scenario } from '../scenario.js';
import { brokers } from './brokers.js';
import { kills } from './kills.js';
import { network } from './network.js';
import { redis } from './redis.js';
import { scaling } from './scaling.js';
import { scorer } from './scorer.js';
import { stream } from './stream.js';

/** In the order in which they are played. */
export const scenarios: readonly Scenario[] = [
  ...kills,
  ...scaling,
  ...scorer,
  ...redis,
  ...brokers,
  ...network,
  ...stream,
];

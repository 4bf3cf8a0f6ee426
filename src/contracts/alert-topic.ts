import { z } from 'zod';
import { alertSchema } from './alert.js';
import { silenceSchema } from './silence.js';

/** A value on the topic `sentiment.alerts`: a silence has a `kind`, an alert has none. */
export const alertTopicSchema = z.union([silenceSchema, alertSchema]);

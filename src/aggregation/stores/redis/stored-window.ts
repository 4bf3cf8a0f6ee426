import { messageOf, SentifluxError } from '../../../contracts/errors.js';
import { TIERS, type WindowAggregate } from '../../../contracts/window.js';

const tiers: ReadonlySet<unknown> = new Set(TIERS);
const NUMBERS = [
  'start',
  'end',
  'posts',
  'negative',
  'neutral',
  'positive',
  'polaritySum',
  'reach',
  'revision',
] as const satisfies ReadonlyArray<keyof WindowAggregate>;
const OBJECTS = ['bySource', 'byLanguage', 'byModel'] as const satisfies ReadonlyArray<keyof WindowAggregate>;

/**
 * A window as the closer stored it. Its version and shape are looked at, not every entry of its lists: a day of minutes is
 * 1,440 windows, nothing but this program writes there, and the schema takes longer than parsing the JSON. Windows of the
 * topic, which others may write to, are for the schema.
 *
 * @throws SentifluxError SF_STORE_DAMAGED
 */
export function storedWindow(text: string): WindowAggregate {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(text, messageOf(error));
  }
  if (!isRecord(value)) throw damaged(text, 'no object');
  if (value.v !== 1) throw damaged(text, `version ${JSON.stringify(value.v)}, not 1`);
  if (typeof value.brand !== 'string' || !tiers.has(value.tier)) throw damaged(text, 'no brand or tier');
  if (typeof value.complete !== 'boolean' || typeof value.final !== 'boolean')
    throw damaged(text, 'no complete or final');
  for (const name of NUMBERS) if (typeof value[name] !== 'number') throw damaged(text, `no ${name}`);
  for (const name of OBJECTS) if (!isRecord(value[name])) throw damaged(text, `no ${name}`);
  // The rest of it is as the closer wrote a `WindowAggregate` of this version.
  return value as unknown as WindowAggregate;
}

const INTEGER = '-?\\d+';
const NUMBER = '-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?';
/** What a window's JSON begins with, as the closer writes it. */
const BEGINNING = new RegExp(
  `^\\{"v":1,"brand":"[^"\\\\]*","tier":"(?:${TIERS.join('|')})","start":${INTEGER},"end":${INTEGER},"posts":${INTEGER},"negative":${INTEGER},"neutral":${INTEGER},"positive":${INTEGER},"polaritySum":${NUMBER},"reach":${NUMBER},"`,
);
/** More than that takes, but for a brand with an endless id. */
const BEGINNING_BYTES = 400;
/** What it ends with. */
const ENDING = /,"complete":(?:true|false),"final":(?:true|false)}$/;
const ENDING_BYTES = ',"complete":false,"final":false}'.length;

/**
 * A window as the closer stored it, for whoever passes it on. Only its beginning and end are looked at; whatever begins
 * or ends otherwise is read whole.
 *
 * @param bytes of UTF-8
 * @throws SentifluxError SF_STORE_DAMAGED
 */
export function storedJson(bytes: Buffer): Uint8Array {
  // Of text beyond ASCII the brand's id alone could be among it, which is not looked at.
  const isWhole =
    BEGINNING.test(bytes.toString('latin1', 0, BEGINNING_BYTES)) &&
    ENDING.test(bytes.toString('latin1', Math.max(0, bytes.length - ENDING_BYTES)));
  return isWhole ? bytes : Buffer.from(JSON.stringify(storedWindow(bytes.toString())));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function damaged(text: string, reason: string): SentifluxError {
  return new SentifluxError(
    'SF_STORE_DAMAGED',
    `a window in Redis cannot be read: ${reason}: ${text.slice(0, 80)}`,
    {
      hint: 'Something else has written under the prefix sf:, or a later version has. Remove that key, or empty Redis: windows are made again from the topics.',
    },
  );
}

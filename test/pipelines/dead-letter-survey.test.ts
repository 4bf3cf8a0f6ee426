import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import {
  type DeadLetter,
  type DeadLetterFilter,
  describeDeadLetter,
  selectDeadLetters,
} from '../../src/pipelines/dead-letter-survey.js';
import { planPurge } from '../../src/pipelines/purge.js';
import { planRedrive, redrivenRecord } from '../../src/pipelines/redrive.js';

function letter(fields: Partial<DeadLetter>): DeadLetter {
  return {
    partition: 0,
    offset: 0,
    timestamp: epochMillis(0),
    stage: 'decode',
    code: 'SF_POST_NOT_JSON',
    message: 'the value is not a JSON object',
    attempts: 1,
    source: { topic: 'posts.raw', partition: 0, offset: 0 },
    redrives: 0,
    redriven: false,
    text: undefined,
    ...fields,
  };
}

const LETTERS = [
  letter({ offset: 0, timestamp: epochMillis(30) }),
  letter({ offset: 1, timestamp: epochMillis(40), code: 'SF_POST_NO_TEXT', redriven: true }),
  letter({ offset: 2, timestamp: epochMillis(50), code: 'SF_POST_POISON', stage: 'score' }),
  letter({ partition: 1, offset: 0, timestamp: epochMillis(35), source: undefined, code: undefined }),
];

const placesOf = (letters: readonly DeadLetter[]): readonly string[] =>
  letters.map(({ partition, offset }) => `${partition}:${offset}`);

describe('a filter of dead letters', () => {
  it.each<readonly [string, DeadLetterFilter, readonly string[]]>([
    ['nothing, the oldest first', {}, ['0:0', '1:0', '0:1', '0:2']],
    ['codes', { code: ['SF_POST_NO_TEXT', 'SF_POST_POISON'] }, ['0:1', '0:2']],
    ['stages', { stage: ['score'] }, ['0:2']],
    ['source topics', { sourceTopic: ['posts.raw'] }, ['0:0', '0:1', '0:2']],
    ['times, the end not included', { from: epochMillis(35), to: epochMillis(50) }, ['1:0', '0:1']],
    ['what was redriven', { redriven: true }, ['0:1']],
    ['what was not redriven', { redriven: false }, ['0:0', '1:0', '0:2']],
    ['all of it at once', { stage: ['decode'], redriven: false, to: epochMillis(34) }, ['0:0']],
  ])('goes by %s', (_, filter, expected) => {
    expect(placesOf(selectDeadLetters(LETTERS, filter))).toEqual(expected);
  });
});

describe('the description of a dead letter', () => {
  it('takes any headers', () => {
    const names = fc.constantFrom(
      'sf-stage',
      'sf-error-code',
      'sf-source-topic',
      'sf-source-offset',
      'sf-redrives',
      'x',
    );
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.uint8Array({ maxLength: 40 })),
        fc.uint8Array(),
        (headers, value) => {
          const record = {
            topic: 't',
            partition: 0,
            offset: 1,
            timestamp: epochMillis(1),
            key: null,
            value,
            headers,
          };
          const described = describeDeadLetter(record, true);
          expect(described.redrives).toBeGreaterThanOrEqual(0);
          expect(Number.isInteger(described.redrives)).toBe(true);
          expect(described.code === undefined).toBe(headers['sf-error-code'] === undefined);
        },
      ),
    );
  });
});

describe('a plan to redrive', () => {
  it('limits what can be redriven, and counts what stays', () => {
    const plan = planRedrive(selectDeadLetters(LETTERS, {}), 'posts.dead-letters', 1);
    expect(placesOf(plan.letters)).toEqual(['0:0']);
    expect(plan).toMatchObject({ redrivenBefore: 1, withoutSource: 1 });
    expect(plan.topics).toEqual(new Map([['posts.raw', 1]]));
  });

  it('leaves the partition to the key where the topic no longer has that of the source', () => {
    const headers = { 'sf-source-topic': Buffer.from('posts.raw'), 'sf-source-partition': Buffer.from('7') };
    const record = {
      topic: 'posts.dead-letters',
      partition: 7,
      offset: 0,
      timestamp: epochMillis(1),
      key: null,
      value: null,
      headers,
    };
    expect(redrivenRecord(record, new Map([['posts.raw', 8]])).partition).toBe(7);
    expect(redrivenRecord(record, new Map([['posts.raw', 4]]))).not.toHaveProperty('partition');
  });
});

describe('a plan to purge', () => {
  it('deletes nothing that was not selected, and all that nothing else precedes', () => {
    const letters = fc.uniqueArray(
      fc.record({ partition: fc.nat(2), offset: fc.nat(30), chosen: fc.boolean() }),
      {
        selector: ({ partition, offset }) => `${partition}:${offset}`,
      },
    );
    fc.assert(
      fc.property(letters, (drawn) => {
        const all = drawn
          .toSorted((a, b) => a.offset - b.offset)
          .map(({ partition, offset, chosen }) => ({ letter: letter({ partition, offset }), chosen }));
        const ranges = new Map([0, 1, 2].map((partition) => [partition, { start: 0, end: 40 }]));
        const survey = { ranges, letters: all.map((entry) => entry.letter) };
        const selected = all.filter(({ chosen }) => chosen).map((entry) => entry.letter);
        const plan = planPurge(survey, selected);
        const isDeleted = ({ partition, offset }: DeadLetter) => offset < (plan.before.get(partition) ?? 0);
        for (const { letter: own, chosen } of all) {
          const first = all.find((other) => other.letter.partition === own.partition && !other.chosen);
          expect(isDeleted(own)).toBe(chosen && own.offset < (first?.letter.offset ?? 40));
        }
        expect(plan.deleted).toBe(selected.filter(isDeleted).length);
        expect(plan.deleted + plan.kept).toBe(selected.length);
      }),
    );
  });
});

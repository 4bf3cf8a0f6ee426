import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMillis, postId } from '../../src/contracts/ids.js';
import { type ListedItem, ListedPosts } from '../../src/sources/listing/listed-posts.js';

const NOON = Date.UTC(2026, 10, 28, 12);
const at = epochMillis(NOON + 3_600_000);

const listed = (number: number, text: string, edited = 0): ListedItem => {
  const id = postId(`test:${number}`);
  const createdAt = epochMillis(NOON + number);
  const updatedAt = epochMillis(NOON + number + edited);
  return { number, id, post: { id, source: 'test', text, createdAt, updatedAt } };
};
const deleted = (number: number): ListedItem => ({ number, id: postId(`test:${number}`), post: 'deleted' });

/** What the readings of a listing tell, one after the other. */
function tell(last: number | undefined, ...readings: ReadonlyArray<readonly ListedItem[]>) {
  const posts = new ListedPosts();
  let greatest = last;
  return readings.map((items) => {
    const events = posts.tell(items, greatest, at);
    greatest = Math.max(greatest ?? 0, ...items.flatMap(({ number }) => number ?? []));
    return events;
  });
}

describe('what a listing shows', () => {
  it('is not told at first, and what is new then is', () => {
    const [first, second] = tell(
      undefined,
      [deleted(1), listed(2, 'two')],
      [deleted(1), listed(2, 'two'), listed(3, 'three')],
    );
    expect(first).toEqual([]);
    expect(second).toMatchObject([{ kind: 'post', post: { text: 'three' } }]);
  });

  it('is an edit where it says something else, of the time that it tells, or of now', () => {
    const readings = tell(0, [listed(1, 'a')], [listed(1, 'b', 500)], [listed(1, 'c')]).slice(1);
    expect(readings).toMatchObject([
      [{ kind: 'edit', post: { text: 'b', updatedAt: NOON + 501 } }],
      [{ kind: 'edit', post: { text: 'c', updatedAt: at } }],
    ]);
  });

  it('is a deletion where it is said to be one, or says nothing any more, once', () => {
    const [, gone, again] = tell(
      0,
      [listed(1, 'a'), listed(2, 'b')],
      [deleted(1), listed(2, '')],
      [deleted(1), listed(2, '')],
    );
    expect(gone).toEqual([
      { kind: 'deletion', id: 'test:1' },
      { kind: 'deletion', id: 'test:2' },
    ]);
    expect(again).toEqual([]);
  });

  it('is the same in the end as what was told of it, whatever comes, goes and changes', () => {
    const reading = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 2, max: 12 }), fc.constantFrom('a', 'b', 'c')), {
        selector: ([number]) => number,
      })
      .map((items) => [
        // What is before the first of a listing is out of its sight.
        listed(1, 'first'),
        ...items.toSorted(([a], [b]) => a - b).map(([number, text]) => listed(number, text)),
      ]);
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1 }), (readings) => {
        const last = readings.at(-1) ?? [];
        const told = new Map<string, string>();
        for (const event of tell(0, ...readings, last, last).flat()) {
          if (event.kind === 'deletion') told.delete(event.id);
          else if (event.kind !== 'unusable') told.set(event.post.id, event.post.text);
        }
        expect(told).toEqual(new Map(last.map(({ id, post }) => [id, Object(post).text])));
      }),
    );
  });

  it('has versions whose times grow, so that the last one counts', () => {
    const [first, ...others] = tell(
      0,
      [listed(1, 'x'), listed(2, 'a')],
      [listed(1, 'x')],
      [listed(1, 'x')],
      [listed(1, 'x'), listed(2, 'a')],
    ).flat();
    expect(first).toMatchObject({ kind: 'post' });
    expect(others).toMatchObject([
      { kind: 'post', post: { updatedAt: NOON + 2 } },
      { kind: 'deletion' },
      { kind: 'edit', post: { text: 'a', updatedAt: at } },
    ]);
  });
});

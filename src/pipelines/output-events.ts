import { alertTopicSchema } from '../contracts/alert-topic.js';
import { postId } from '../contracts/ids.js';
import type { LiveEvent } from '../contracts/live-feed.js';
import { readScoredPost } from '../contracts/read-scored-post.js';
import type { SourceRecord } from '../contracts/record.js';
import type { Output } from '../contracts/sink.js';
import { windowAggregateSchema } from '../contracts/window.js';
import { jsonOf, textOf } from './record-values.js';

/** What a record of each output says; `undefined` where that is nothing for readers. They throw for what is none. */
export const EVENT_OF: Readonly<Record<Output, (record: SourceRecord) => LiveEvent | undefined>> = {
  scored: resultOf,
  aggregates: ({ value }) => ({ kind: 'window', window: windowAggregateSchema.parse(jsonOf(value)) }),
  alerts: alertOf,
};

/** A null value takes the post of its key back, however long ago it was scored. */
function resultOf({ key, value }: SourceRecord): LiveEvent {
  if (value !== null) return { kind: 'scored', post: readScoredPost(jsonOf(value)) };
  const id = textOf(key);
  if (id === undefined) throw new TypeError('a deletion without a key names no post');
  return { kind: 'deleted', id: postId(id) };
}

/** Silences are on that topic too. */
function alertOf({ value }: SourceRecord): LiveEvent | undefined {
  const parsed = alertTopicSchema.parse(jsonOf(value));
  return 'kind' in parsed ? undefined : { kind: 'alert', alert: parsed };
}

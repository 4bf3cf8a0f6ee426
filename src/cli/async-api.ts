import { z } from 'zod';
import { configSchema } from '../config/schema.js';
import { alertSchema } from '../contracts/alert.js';
import { DEAD_LETTER_HEADERS, DEAD_LETTER_STAGES } from '../contracts/dead-letter.js';
import { postMessageSchema } from '../contracts/post-message.js';
import { REPLAY_HEADER, SOURCE_HEADERS, scoredPostSchema } from '../contracts/scored-post.js';
import { silenceSchema } from '../contracts/silence.js';
import { sourceCursorSchema } from '../contracts/source-cursor.js';
import { TRACE_HEADER } from '../contracts/trace-context.js';
import { windowAggregateSchema } from '../contracts/window.js';
import { cursorTopic, topicSpecs } from '../pipelines/topics.js';
import type { TopicSpec } from '../streams/port.js';
import { version } from '../version.js';

const DRAFT_7 = 'application/schema+json;version=draft-07';

type Message = Readonly<Record<string, unknown>>;

interface Channel {
  /** Of the topic's own name, such as `posts`. */
  readonly name: string;
  readonly address: string;
  readonly description: string;
  readonly messages: Readonly<Record<string, Message>>;
}

/**
 * The topics as an AsyncAPI 3 document, made from the schemas by which they are read: which messages are on them, by
 * which keys, with which headers, and how `topics create` makes them.
 */
export function asyncApi(): object {
  const { topics } = configSchema.parse({});
  const specs = new Map([...topicSpecs(topics), cursorTopic(topics)].map((spec) => [spec.name, spec]));
  const channels = channelsOf(topics);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'sentiflux',
      version,
      description: 'The topics under their names by default. docs/topics.md tells what may change.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      channels.map(({ name, address, description, messages }) => [
        name,
        {
          address,
          description,
          messages: Object.fromEntries(
            Object.keys(messages).map((message) => [message, { $ref: `#/components/messages/${message}` }]),
          ),
          bindings: { kafka: topicBinding(specs.get(address)) },
        },
      ]),
    ),
    operations: {
      scorePosts: operation('receive', 'posts', 'The role score reads posts and deletions.'),
      ingestPosts: operation('send', 'posts', '`sentiflux ingest` and your own producers write them.'),
      tellResults: operation('send', 'scored', 'The role score writes one result or deletion a record.'),
      tellWindows: operation('send', 'aggregates', 'The role aggregate writes closed windows.'),
      tellAlerts: operation('send', 'alerts', 'The roles alert and api write what changes.'),
      giveUpRecords: operation('send', 'deadLetters', 'The roles score and aggregate write them.'),
      keepCursors: operation('send', 'cursors', '`sentiflux ingest` reads and writes them.'),
    },
    components: { messages: Object.assign({}, ...channels.map(({ messages }) => messages)) },
  };
}

function channelsOf(topics: z.infer<typeof configSchema>['topics']): readonly Channel[] {
  const deletion = (summary: string): Message => ({
    summary,
    payload: { type: 'null' },
    bindings: { kafka: { key: { type: 'string' }, bindingVersion: '0.5.0' } },
  });
  const sourceHeaders = headers({
    [SOURCE_HEADERS.topic]: 'topic of the post',
    [SOURCE_HEADERS.partition]: 'its partition; the result is in the partition of the same number',
    [SOURCE_HEADERS.offset]: 'its offset: a second result of it says nothing new',
    [SOURCE_HEADERS.timestamp]: 'its timestamp in milliseconds',
  });
  const results = {
    ...sourceHeaders,
    properties: {
      ...sourceHeaders.properties,
      [TRACE_HEADER]: text('W3C traceparent of the processing, where the post was traced'),
      [REPLAY_HEADER]: text('which replay wrote it, on the topic of a replay'),
    },
  };
  return [
    {
      name: 'posts',
      address: topics.posts,
      description: 'Posts come in here. `input.fields` maps other shapes.',
      messages: {
        post: message('A post, or another revision of it', 'id of the post', postMessageSchema),
        postDeletion: deletion('Deletes the post of its key'),
      },
    },
    {
      name: 'scored',
      address: topics.scored,
      description: 'One result a post, in the order of the posts of each partition.',
      messages: {
        result: {
          ...message('What a post was found to say', 'id of the post', scoredPostSchema),
          headers: results,
        },
        resultDeletion: { ...deletion('Takes the result of its key back'), headers: results },
      },
    },
    {
      name: 'aggregates',
      address: topics.aggregates,
      description: 'Closed windows; a greater revision takes the place of a smaller one.',
      messages: { window: message('A window of a brand', 'BRAND|TIER|START', windowAggregateSchema) },
    },
    {
      name: 'alerts',
      address: topics.alerts,
      description: 'The last state of each alert, and silences.',
      messages: {
        alert: message('An alert that fires, or has been resolved', 'BRAND|RULE', alertSchema),
        silence: message('A silence that somebody asked for', '_silence|ID', silenceSchema),
      },
    },
    {
      name: 'deadLetters',
      address: topics.deadLetters,
      description: 'Records that could not be worked on, with their own bytes and headers beside these.',
      messages: {
        deadLetter: {
          summary: 'A record as it came, and why it was given up',
          contentType: 'application/octet-stream',
          payload: {},
          headers: headers({
            [DEAD_LETTER_HEADERS.stage]: `where: ${DEAD_LETTER_STAGES.join(', ')}`,
            [DEAD_LETTER_HEADERS.code]: 'SF_…',
            [DEAD_LETTER_HEADERS.message]: 'why, in words',
            [DEAD_LETTER_HEADERS.attempts]: 'how often it was tried',
            [DEAD_LETTER_HEADERS.topic]: 'topic that it came from',
            [DEAD_LETTER_HEADERS.partition]: 'its partition there',
            [DEAD_LETTER_HEADERS.offset]: 'its offset there',
            [DEAD_LETTER_HEADERS.timestamp]: 'its timestamp there',
          }),
        },
      },
    },
    {
      name: 'cursors',
      address: topics.cursors,
      description: 'How far sources have been read.',
      messages: { cursor: message('Where a source stands', 'name of the source', sourceCursorSchema) },
    },
  ];
}

function message(summary: string, key: string, schema: z.ZodType): Message {
  const { $schema: _, ...payload } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-7',
  });
  return {
    summary,
    payload: { schemaFormat: DRAFT_7, schema: payload },
    bindings: { kafka: { key: { type: 'string', description: key }, bindingVersion: '0.5.0' } },
  };
}

function text(description: string) {
  return { type: 'string', description } as const;
}

function headers(descriptions: Readonly<Record<string, string>>) {
  return {
    type: 'object',
    required: Object.keys(descriptions),
    properties: Object.fromEntries(
      Object.entries(descriptions).map(([name, description]) => [name, text(description)]),
    ),
  } as const;
}

function operation(action: 'send' | 'receive', channel: string, summary: string): object {
  return { action, channel: { $ref: `#/channels/${channel}` }, summary };
}

/** The settings that AsyncAPI knows, as it writes them. */
function topicBinding(spec: TopicSpec | undefined): object {
  const {
    'cleanup.policy': policy,
    'retention.ms': retention,
    'max.message.bytes': most,
  } = spec?.settings ?? {};
  return {
    ...(spec && { partitions: spec.partitions, replicas: spec.replication }),
    topicConfiguration: {
      ...(policy !== undefined && { 'cleanup.policy': policy.split(',') }),
      ...(retention !== undefined && { 'retention.ms': Number(retention) }),
      ...(most !== undefined && { 'max.message.bytes': Number(most) }),
    },
    bindingVersion: '0.5.0',
  };
}

import { z } from 'zod';
import { millis, positive, secretPart, secretText, section } from './values.js';

const httpAddress = z.url({ protocol: /^https?$/ });
const allowPrivate = z
  .boolean()
  .default(false)
  .describe('whether an address may be a private one (loopback, 10.0.0.0/8, …)');

/** Of letters, digits and `_` of any script, without `#`. */
export const HASHTAG = /^[\p{L}\p{M}\p{N}_·]{1,200}$/u;

/** Without `r/`. */
export const SUBREDDIT = /^\w{2,30}$/;

/** Sources that are read over the network, without a file. */
export const ONLINE_SOURCES = ['bluesky', 'mastodon', 'hackernews', 'discourse', 'reddit', 'rss'] as const;
export type OnlineSource = (typeof ONLINE_SOURCES)[number];

export const sources = section({
  ingest: z
    .array(z.enum(ONLINE_SOURCES))
    .refine((names) => new Set(names).size === names.length, { error: 'each source at most once' })
    .default([])
    .describe(`what the role \`ingest\` reads: ${ONLINE_SOURCES.map((name) => `\`${name}\``).join(', ')}`),
  bluesky: section({
    urls: z
      .array(z.url({ protocol: /^wss?$/ }))
      .min(1)
      .default([
        'wss://jetstream1.us-east.bsky.network/subscribe',
        'wss://jetstream1.us-west.bsky.network/subscribe',
        'wss://jetstream2.us-east.bsky.network/subscribe',
        'wss://jetstream2.us-west.bsky.network/subscribe',
      ])
      .describe('addresses of Jetstream, whose `/subscribe` is read; when one fails the next one is tried'),
    rewindMs: millis(5_000).describe(
      'after a break the stream is read again from so long before, since servers see an event at different times',
    ),
    silenceMs: positive(30_000).describe('a connection on which nothing comes for so long is taken for dead'),
  }),
  hackernews: section({
    url: z
      .url({ protocol: /^https?$/ })
      .default('https://hacker-news.firebaseio.com/v0')
      .describe('where `maxitem.json`, `updates.json` and `item/` are'),
    pollMs: positive(10_000).describe('wait between two rounds of questions'),
  }),
  rss: section({
    feeds: z
      .array(httpAddress.meta(secretPart('userinfo')))
      .max(100, 'at most 100; others under another --name')
      .default([])
      .describe('addresses of feeds: RSS, Atom or JSON Feed'),
    pollMs: positive(600_000).describe(
      'wait between two questions to a feed, a tenth less or more by chance',
    ),
    allowPrivate,
  }),
  mastodon: section({
    instances: z
      .array(z.strictObject({ url: httpAddress, token: secretText('of an application or account there') }))
      .max(50)
      .default([])
      .describe('servers: url, token (most give streams only to those who have one)'),
    hashtags: z
      .array(z.string().regex(HASHTAG, 'expected a hashtag, without #'))
      .max(50)
      .default([])
      .describe('without `#`; without any all public posts are read'),
    scope: z
      .enum(['all', 'local'])
      .default('all')
      .describe('all: of every server of which an instance hears; local: its own'),
    rewindMs: millis(60_000).describe(
      'after a break posts are asked for from so long before, since those of other servers come late',
    ),
    silenceMs: positive(60_000).describe('a stream on which nothing comes for so long is taken for dead'),
    allowPrivate,
  }),
  discourse: section({
    forums: z.array(httpAddress).max(50).default([]).describe('addresses of forums'),
    pollMs: positive(60_000).describe(
      'wait between two questions to a forum, a tenth less or more by chance',
    ),
    allowPrivate,
  }),
  reddit: section({
    clientId: z.string().min(1).optional().describe('of an application of the type "script"'),
    clientSecret: secretText('of the application'),
    subreddits: z
      .array(z.string().regex(SUBREDDIT, 'expected the name of a subreddit, without r/'))
      .max(100)
      .default([])
      .describe('without `r/`'),
    userAgent: z
      .string()
      .min(1)
      .optional()
      .describe('as Reddit asks for it: `PLATFORM:APPLICATION:VERSION (by /u/NAME)`'),
    pollMs: positive(30_000).describe('wait between two readings, a tenth less or more by chance'),
    url: httpAddress.default('https://oauth.reddit.com').describe('where the interface is'),
    tokenUrl: httpAddress
      .default('https://www.reddit.com/api/v1/access_token')
      .describe('where tokens come from'),
  }),
  files: section({
    pollMs: positive(1_000).describe('how often a file or folder that is followed is looked at'),
  }),
});

/** How late posts of sources that are polled, or come by other servers, are by their nature; milliseconds. */
const LATENESS_MILLIS = { discourse: 300_000, mastodon: 600_000, reddit: 300_000, rss: 1_800_000 } as const;

interface NamedSources {
  readonly discourse: { readonly forums: readonly unknown[] };
  readonly mastodon: { readonly instances: readonly unknown[] };
  readonly reddit: { readonly subreddits: readonly unknown[] };
  readonly rss: { readonly feeds: readonly unknown[] };
}

/** The lateness of those sources that the configuration names: others do not come late, and windows need not wait. */
export function latenessOfSources({
  discourse,
  mastodon,
  reddit,
  rss,
}: NamedSources): Readonly<Record<string, number>> {
  const isNamed = {
    discourse: discourse.forums.length > 0,
    mastodon: mastodon.instances.length > 0,
    reddit: reddit.subreddits.length > 0,
    rss: rss.feeds.length > 0,
  };
  return Object.fromEntries(
    Object.entries(LATENESS_MILLIS).filter(([source]) => Reflect.get(isNamed, source) === true),
  );
}

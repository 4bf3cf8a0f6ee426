import { InvalidArgumentError, Option } from 'commander';
import { HASHTAG, type OnlineSource, SUBREDDIT } from '../config/sources.js';
import { SentifluxError } from '../contracts/errors.js';
import type { OnlineRequest } from '../pipelines/open-source.js';

/** What options say of online sources, beyond their configuration. */
export interface SourceOptions {
  readonly feed?: readonly string[];
  readonly instance?: readonly string[];
  readonly hashtag?: readonly string[];
  readonly forum?: readonly string[];
  readonly subreddit?: readonly string[];
}

const FEED = new Option('--feed <url>', 'address of a feed; may be repeated (default: sources.rss.feeds)');
const INSTANCE = new Option(
  '--instance <url>',
  'address of a server, whose token the configuration may have; may be repeated (default: sources.mastodon.instances)',
);
const TAG = new Option(
  '--hashtag <tag>',
  'posts with this hashtag; may be repeated (default: sources.mastodon.hashtags, else all posts)',
);
const FORUM = new Option(
  '--forum <url>',
  'address of a forum; may be repeated (default: sources.discourse.forums)',
);
const COMMUNITY = new Option(
  '--subreddit <name>',
  'subreddit; may be repeated (default: sources.reddit.subreddits)',
);

/** The options of each source. */
export const OPTIONS_OF: Readonly<Record<OnlineSource, readonly Option[]>> = {
  bluesky: [],
  mastodon: [INSTANCE.argParser(addAddress), TAG.argParser(addHashtag)],
  hackernews: [],
  discourse: [FORUM.argParser(addAddress)],
  reddit: [COMMUNITY.argParser(addSubreddit)],
  rss: [FEED.argParser(addAddress)],
};

export function requestOf(kind: OnlineSource, options: SourceOptions): OnlineRequest {
  const {
    feed: feeds,
    instance: instances,
    hashtag: hashtags,
    forum: forums,
    subreddit: subreddits,
  } = options;
  switch (kind) {
    case 'bluesky':
    case 'hackernews':
      return { kind };
    case 'mastodon':
      return { kind, ...(instances && { instances }), ...(hashtags && { hashtags }) };
    case 'discourse':
      return { kind, ...(forums && { forums }) };
    case 'reddit':
      return { kind, ...(subreddits && { subreddits }) };
    case 'rss':
      return { kind, ...(feeds && { feeds }) };
  }
}

/**
 * An option of a source that is not read would be passed over in silence.
 *
 * @throws SentifluxError SF_USAGE
 */
export function refuseOthersOptions(kinds: readonly OnlineSource[], options: SourceOptions): void {
  for (const [kind, its] of Object.entries(OPTIONS_OF)) {
    const given = its.find((option) => Reflect.get(options, option.attributeName()) !== undefined);
    if (given === undefined || kinds.some((name) => name === kind)) continue;
    throw new SentifluxError('SF_USAGE', `${given.long} is for ${kind}, which is not read.`, {
      hint: `Add --source ${kind}, or leave ${given.long} out.`,
    });
  }
}

function addAddress(value: string, before: readonly string[] = []): readonly string[] {
  if (!/^https?:/.test(value) || !URL.canParse(value))
    throw new InvalidArgumentError('It must be an address such as https://example.com/feed.xml.');
  return [...before, value];
}

function addHashtag(value: string, before: readonly string[] = []): readonly string[] {
  const hashtag = value.replace(/^#/, '');
  if (!HASHTAG.test(hashtag)) throw new InvalidArgumentError('It must be a hashtag such as skylvara.');
  return [...before, hashtag];
}

function addSubreddit(value: string, before: readonly string[] = []): readonly string[] {
  const subreddit = value.replace(/^\/?r\//, '');
  if (!SUBREDDIT.test(subreddit)) throw new InvalidArgumentError('It must be a subreddit such as travel.');
  return [...before, subreddit];
}

import { resolve } from 'node:path';
import type { InputConfig, SourcesConfig } from '../config/schema.js';
import { SentifluxError } from '../contracts/errors.js';
import { createBlueskySource } from '../sources/bluesky/source.js';
import { createDiscourseSource } from '../sources/discourse/source.js';
import { createInputSource } from '../sources/files/input-source.js';
import { createFileSource } from '../sources/files/source.js';
import { createHackerNewsSource } from '../sources/hackernews/source.js';
import { createMastodonSource } from '../sources/mastodon/source.js';
import type { Source } from '../sources/port.js';
import { createRedditSource } from '../sources/reddit/source.js';
import { createRssSource } from '../sources/rss/source.js';
import { version } from '../version.js';
import { createBackoff } from './backoff.js';
import { createFileReader, type FileRequest } from './file-reader.js';
import { waitUnlessStopped } from './wait-unless-stopped.js';

/** Tells those who serve a feed who reads it. */
export const USER_AGENT = `sentiflux/${version}`;

/** What a source is asked for, beyond its configuration. */
export type SourceRequest =
  | { readonly kind: 'bluesky' | 'hackernews'; readonly name?: string }
  | {
      readonly kind: 'rss';
      readonly name?: string;
      /** In place of those of the configuration. */
      readonly feeds?: readonly string[];
    }
  | {
      readonly kind: 'mastodon';
      readonly name?: string;
      /** In place of those of the configuration, whose tokens are used. */
      readonly instances?: readonly string[];
      /** In place of those of the configuration. */
      readonly hashtags?: readonly string[];
    }
  | {
      readonly kind: 'discourse';
      readonly name?: string;
      /** In place of those of the configuration. */
      readonly forums?: readonly string[];
    }
  | {
      readonly kind: 'reddit';
      readonly name?: string;
      /** In place of those of the configuration. */
      readonly subreddits?: readonly string[];
    }
  | FileRequest;

/**
 * @throws SentifluxError SF_USAGE where nothing says what to read; SF_CONFIG_INVALID for a path of a field that cannot
 *   be read, and without the secrets that a source needs
 */
export function openSource(
  request: SourceRequest,
  { sources, input }: { readonly sources: SourcesConfig; readonly input: InputConfig },
): Source {
  const { name } = request;
  const common = { ...(name !== undefined && { name }), userAgent: USER_AGENT, now: Date.now };
  const { random } = Math;
  const wait = waitUnlessStopped;
  switch (request.kind) {
    case 'bluesky':
      return createBlueskySource({ ...sources.bluesky, ...common });
    case 'hackernews':
      return createHackerNewsSource({ ...sources.hackernews, ...common, wait });
    case 'rss': {
      const { feeds = sources.rss.feeds } = request;
      if (feeds.length === 0) throw nothingNamed('feed', '--feed URL', 'sources.rss.feeds');
      const longestMs = sources.rss.pollMs;
      const pauses = { createBackoff: () => createBackoff(random, longestMs), random, wait };
      return createRssSource({ ...sources.rss, feeds, ...common, ...pauses });
    }
    case 'mastodon': {
      const { hashtags = sources.mastodon.hashtags } = request;
      const instances =
        request.instances?.map((url) => instanceAt(url, sources)) ?? sources.mastodon.instances;
      if (instances.length === 0)
        throw nothingNamed('server', '--instance URL', 'sources.mastodon.instances');
      const pauses = { createBackoff: () => createBackoff(random), wait };
      return createMastodonSource({ ...sources.mastodon, instances, hashtags, ...common, ...pauses });
    }
    case 'discourse': {
      const { forums = sources.discourse.forums } = request;
      if (forums.length === 0) throw nothingNamed('forum', '--forum URL', 'sources.discourse.forums');
      const pauses = { createBackoff: () => createBackoff(random), random, wait };
      return createDiscourseSource({ ...sources.discourse, forums, ...common, ...pauses });
    }
    case 'reddit': {
      const { subreddits = sources.reddit.subreddits } = request;
      if (subreddits.length === 0)
        throw nothingNamed('subreddit', '--subreddit NAME', 'sources.reddit.subreddits');
      const { userAgent = `node:${USER_AGENT.replace('/', ':')}` } = sources.reddit;
      const application = { ...applicationOf(sources), userAgent };
      const pauses = { createBackoff: () => createBackoff(random), random, wait };
      return createRedditSource({ ...sources.reddit, ...common, ...application, subreddits, ...pauses });
    }
    case 'ndjson':
    case 'csv': {
      const { kind: format, input: path } = request;
      const reader = createFileReader(request, input);
      if (path === '-') return createInputSource({ ...reader, name: name ?? format }, process.stdin);
      return createFileSource({
        ...reader,
        name: name ?? `${format}:${resolve(path)}`,
        input: path,
        ...(request.follow && { pollMs: sources.files.pollMs }),
        wait,
      });
    }
  }
}

/** With its token, where the configuration has one. */
function instanceAt(
  url: string,
  { mastodon }: SourcesConfig,
): SourcesConfig['mastodon']['instances'][number] {
  const { origin } = new URL(url);
  return mastodon.instances.find((instance) => new URL(instance.url).origin === origin) ?? { url };
}

/** @throws SentifluxError SF_CONFIG_INVALID */
function applicationOf({ reddit: { clientId, clientSecret } }: SourcesConfig) {
  if (clientId !== undefined && clientSecret !== undefined) return { clientId, clientSecret };
  throw new SentifluxError('SF_CONFIG_INVALID', 'sources.reddit has no clientId and clientSecret.', {
    hint: 'Make an application of the type "script" at https://www.reddit.com/prefs/apps.',
  });
}

function nothingNamed(what: string, option: string, key: string): SentifluxError {
  return new SentifluxError('SF_USAGE', `no ${what} is named.`, { hint: `Give ${option}, or ${key}.` });
}

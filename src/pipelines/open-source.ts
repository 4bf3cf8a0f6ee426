import { resolve } from 'node:path';
import type { Config, SourcesConfig } from '../config/schema.js';
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

/** What an online source is asked for, beyond its configuration; the lists are in place of those of the configuration. */
export type OnlineRequest =
  | { readonly kind: 'bluesky' | 'hackernews'; readonly name?: string }
  | { readonly kind: 'rss'; readonly name?: string; readonly feeds?: readonly string[] }
  | {
      readonly kind: 'mastodon';
      readonly name?: string;
      /** Their tokens are those of the configuration. */
      readonly instances?: readonly string[];
      readonly hashtags?: readonly string[];
    }
  | { readonly kind: 'discourse'; readonly name?: string; readonly forums?: readonly string[] }
  | { readonly kind: 'reddit'; readonly name?: string; readonly subreddits?: readonly string[] };

export type SourceRequest = OnlineRequest | FileRequest;

/** Those that the configuration names for the role `ingest`, under the names of their kinds. */
export function openNamedSources(config: Pick<Config, 'sources' | 'input'>): readonly Source[] {
  return config.sources.ingest.map((kind) => openSource({ kind }, config));
}

/** The configuration of the sources with what a request names in place of its own. */
export function sourcesAsked(sources: SourcesConfig, request: SourceRequest): SourcesConfig {
  switch (request.kind) {
    case 'rss': {
      const { feeds = sources.rss.feeds } = request;
      return { ...sources, rss: { ...sources.rss, feeds: [...feeds] } };
    }
    case 'mastodon': {
      const { hashtags = sources.mastodon.hashtags } = request;
      const instances =
        request.instances?.map((url) => instanceAt(url, sources)) ?? sources.mastodon.instances;
      return { ...sources, mastodon: { ...sources.mastodon, instances, hashtags: [...hashtags] } };
    }
    case 'discourse': {
      const { forums = sources.discourse.forums } = request;
      return { ...sources, discourse: { ...sources.discourse, forums: [...forums] } };
    }
    case 'reddit': {
      const { subreddits = sources.reddit.subreddits } = request;
      return { ...sources, reddit: { ...sources.reddit, subreddits: [...subreddits] } };
    }
    default:
      return sources;
  }
}

/**
 * @throws SentifluxError SF_USAGE where nothing says what to read; SF_CONFIG_INVALID for a path of a field that cannot
 *   be read, and without the secrets that a source needs
 */
export function openSource(request: SourceRequest, config: Pick<Config, 'sources' | 'input'>): Source {
  const { name } = request;
  const sources = sourcesAsked(config.sources, request);
  const common = { ...(name !== undefined && { name }), userAgent: USER_AGENT, now: Date.now };
  const { random } = Math;
  const wait = waitUnlessStopped;
  switch (request.kind) {
    case 'bluesky':
      return createBlueskySource({ ...sources.bluesky, ...common });
    case 'hackernews':
      return createHackerNewsSource({ ...sources.hackernews, ...common, wait });
    case 'rss': {
      if (sources.rss.feeds.length === 0) throw nothingNamed('feed', '--feed URL', 'sources.rss.feeds');
      const longestMs = sources.rss.pollMs;
      const pauses = { createBackoff: () => createBackoff(random, longestMs), random, wait };
      return createRssSource({ ...sources.rss, ...common, ...pauses });
    }
    case 'mastodon': {
      if (sources.mastodon.instances.length === 0)
        throw nothingNamed('server', '--instance URL', 'sources.mastodon.instances');
      const pauses = { createBackoff: () => createBackoff(random), wait };
      return createMastodonSource({ ...sources.mastodon, ...common, ...pauses });
    }
    case 'discourse': {
      if (sources.discourse.forums.length === 0)
        throw nothingNamed('forum', '--forum URL', 'sources.discourse.forums');
      const pauses = { createBackoff: () => createBackoff(random), random, wait };
      return createDiscourseSource({ ...sources.discourse, ...common, ...pauses });
    }
    case 'reddit': {
      if (sources.reddit.subreddits.length === 0)
        throw nothingNamed('subreddit', '--subreddit NAME', 'sources.reddit.subreddits');
      const { userAgent = `node:${USER_AGENT.replace('/', ':')}` } = sources.reddit;
      const application = { ...applicationOf(sources), userAgent };
      const pauses = { createBackoff: () => createBackoff(random), random, wait };
      return createRedditSource({ ...sources.reddit, ...common, ...application, ...pauses });
    }
    case 'ndjson':
    case 'csv': {
      const { kind: format, input: path } = request;
      const reader = createFileReader(request, config.input);
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

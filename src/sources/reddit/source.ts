import { z } from 'zod';
import { epochMillis } from '../../contracts/ids.js';
import { type CombineOptions, combineSources } from '../combine.js';
import { createListingSource, type ListingOptions } from '../listing/source.js';
import type { Source } from '../port.js';
import { createRedditClient, type RedditClient, type RedditClientOptions } from './client.js';
import { itemOf, REDDIT } from './thing.js';

/** Reddit shows no more than the newest thousand of anything. */
const MOST_PAGES = 10;
const ITEMS_A_PAGE = 100;

const listingSchema = z.object({
  kind: z.literal('Listing'),
  data: z.object({ after: z.string().nullish(), children: z.array(z.unknown()) }),
});

export interface RedditOptions
  extends RedditClientOptions,
    Pick<CombineOptions, 'createBackoff'>,
    Pick<ListingOptions, 'pollMs' | 'random'> {
  readonly name?: string;
  /** Without `r/`. */
  readonly subreddits: readonly string[];
}

/** New posts and comments of subreddits. The cursor of each of both is the number of the newest one. */
export function createRedditSource(options: RedditOptions): Source {
  const { name = REDDIT, subreddits } = options;
  const client = createRedditClient(options);
  const path = `/r/${subreddits.join('+')}`;
  return combineSources({
    ...options,
    name,
    parts: [
      createThingsSource('posts', `${path}/new`, client, options),
      createThingsSource('comments', `${path}/comments`, client, options),
    ],
  });
}

function createThingsSource(
  name: string,
  path: string,
  client: RedditClient,
  options: RedditOptions,
): Source {
  return createListingSource({
    ...options,
    name,
    mostPages: MOST_PAGES,
    async page(from, stop) {
      // Without raw_json some characters would come as entities.
      const query = new URLSearchParams({ limit: String(ITEMS_A_PAGE), raw_json: '1' });
      if (from !== undefined) query.set('after', from);
      const { data } = await client(`${path}?${query}`, listingSchema, stop);
      const items = data.children.map((child) => itemOf(child, epochMillis(options.now())));
      return { items, next: data.after ?? undefined };
    },
  });
}

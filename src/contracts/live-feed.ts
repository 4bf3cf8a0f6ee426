import type { Alert } from './alert.js';
import type { PostId } from './ids.js';
import type { ScoredPost } from './scored-post.js';
import type { WindowAggregate } from './window.js';

/** What the page and other listeners see as it happens. */
export type LiveEvent =
  | { readonly kind: 'scored'; readonly post: ScoredPost }
  /** Whoever shows the post takes it away. */
  | { readonly kind: 'deleted'; readonly id: PostId }
  | { readonly kind: 'window'; readonly window: WindowAggregate }
  | { readonly kind: 'alert'; readonly alert: Alert };

export interface LiveFeed {
  /** Calls the listener with every event from now on, until the returned function is called. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}

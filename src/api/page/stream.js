/** @import { Label, ScoredPost } from './types.js' */

const POSTS_PER_SECOND = 4;
const FIRST_RETRY_MILLIS = 1_000;
const LAST_RETRY_MILLIS = 30_000;

/**
 * @typedef {object} Listener
 * @property {(post: ScoredPost) => void} scored
 * @property {(id: string) => void} deleted
 * @property {(count: number) => void} skipped posts that came too fast to be shown
 * @property {() => void} missed posts that came while there was no connection, and are not kept any more
 * @property {() => void} alert one has fired or ended
 * @property {(isOpen: boolean) => void} standing the connection is there, or is broken
 */

/**
 * Listens to a brand's posts and alerts, and connects again after every break. One connection for all of it: browsers
 * allow a server six, however many pages of it are open.
 *
 * @param {{ brand: string, labels: readonly Label[] }} wanted
 * @param {Listener} listener
 * @returns {() => void} stops listening
 */
export function listen({ brand, labels }, listener) {
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  let delay = FIRST_RETRY_MILLIS;
  let lastEventId = '';

  function open() {
    const query = new URLSearchParams({
      kinds: 'scored,deleted,alert',
      brand,
      labels: labels.join(','),
      scoredPerSecond: String(POSTS_PER_SECOND),
      ...(lastEventId !== '' && { lastEventId }),
    });
    source = new EventSource(`v1/stream?${query}`);
    source.addEventListener('open', () => {
      delay = FIRST_RETRY_MILLIS;
      listener.standing(true);
    });
    on('scored', (post) => listener.scored(post));
    on('deleted', ({ id }) => listener.deleted(id));
    on('skipped', ({ scored }) => listener.skipped(scored));
    on('missed', () => listener.missed());
    on('alert', () => listener.alert());
    source.addEventListener('error', () => {
      listener.standing(false);
      // Browsers try again by themselves after a broken connection, but not after a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      retry = setTimeout(open, delay);
      delay = Math.min(2 * delay, LAST_RETRY_MILLIS);
    });
  }

  /** @param {string} kind @param {(data: any) => void} take what the API's documents promise of the kind */
  function on(kind, take) {
    source.addEventListener(kind, (event) => {
      // Those of the server itself, such as `skipped`, have none of their own.
      if (event.lastEventId !== '') lastEventId = event.lastEventId;
      take(JSON.parse(event.data));
    });
  }

  open();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}

/** Raised on the document when the API asks for a session that this page does not hold. */
export const SIGNED_OUT = 'sentiflux:signed-out';

/** A request that the API refused or that never arrived. */
export class ApiFailure extends Error {}

const TIMEOUT_MILLIS = 10_000;

/** @returns what the API answers, decoded @throws ApiFailure with a message for people */
async function request(path, options = {}) {
  let response;
  let answer;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(TIMEOUT_MILLIS) });
    answer = response.status === 204 ? undefined : await response.json();
  } catch (error) {
    throw new ApiFailure(String(error.message ?? error));
  }
  if (response.ok) return answer;
  if (response.status === 401) document.dispatchEvent(new Event(SIGNED_OUT));
  const { message = response.statusText, hint = '' } = answer.error ?? {};
  throw new ApiFailure(`${message} ${hint}`.trim());
}

const post = (path, body) =>
  request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Whom the API takes this page for. */
export const fetchSession = () => request('v1/session');
export const signIn = (token) => post('v1/session', { token });
export const signOut = () => request('v1/session', { method: 'DELETE' });
export const fetchVersion = () => request('v1/version');
export const fetchCounters = () => request('v1/counters');
export const fetchAlerts = () => request('v1/alerts?limit=50');

/** Every brand with the sums of its last windows. */
export const fetchBrands = ({ tier, windows }) => request(`v1/brands?tier=${tier}&recent=${windows}`);

/** Every window of a brand in a time, those without posts too. */
export const fetchWindows = (brand, { tier, from, to }) =>
  request(`v1/brands/${encodeURIComponent(brand)}/windows?tier=${tier}&from=${from}&to=${to}&fill=true`);

export const acknowledge = (id, by) => post(`v1/alerts/${encodeURIComponent(id)}/acknowledge`, { by });
/** What the model makes of a text, and which of its words decided. */
export const explain = (text) => post('v1/score?explain=true', { text });

const POSTS_PER_SECOND = 4;
const FIRST_RETRY_MILLIS = 1_000;
const LAST_RETRY_MILLIS = 30_000;

/**
 * Listens to a brand's posts, and connects again after every break.
 *
 * @param {string} brand
 * @param {{ scored: (post: object) => void, deleted: (id: string) => void, skipped: (count: number) => void }} listener
 * @returns {() => void} stops listening
 */
export function listenToPosts(brand, { scored, deleted, skipped }) {
  let source;
  let retry;
  let delay = FIRST_RETRY_MILLIS;

  function open() {
    source = new EventSource(
      `v1/stream?kinds=scored,deleted&scoredPerSecond=${POSTS_PER_SECOND}&brand=${encodeURIComponent(brand)}`,
    );
    source.addEventListener('open', () => {
      delay = FIRST_RETRY_MILLIS;
    });
    source.addEventListener('scored', ({ data }) => scored(JSON.parse(data)));
    source.addEventListener('deleted', ({ data }) => deleted(JSON.parse(data).id));
    source.addEventListener('skipped', ({ data }) => skipped(JSON.parse(data).scored));
    source.addEventListener('error', () => {
      // Browsers try again by themselves after a broken connection, but not after a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      retry = setTimeout(open, delay);
      delay = Math.min(2 * delay, LAST_RETRY_MILLIS);
    });
  }

  open();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}

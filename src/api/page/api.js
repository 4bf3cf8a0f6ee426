/** @import { AggregationCounters, Alert, BrandStanding, Rebuilding, ScoredText, Series, Silence, Standing, Term, Tier, WindowAggregate } from './types.js' */

/** Raised on the document when the API asks for a session that this page does not hold. */
export const SIGNED_OUT = 'sentiflux:signed-out';

/** A request that the API refused or that never arrived. */
export class ApiFailure extends Error {
  /** @param {string} message for people @param {number} [status] of the answer, where one came */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MILLIS = 10_000;

/**
 * @template Answer
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Answer>} what the API answers, decoded
 * @throws ApiFailure with a message for people
 */
async function request(path, options = {}) {
  let response;
  let answer;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(TIMEOUT_MILLIS) });
    answer = response.status === 204 ? undefined : await response.json();
  } catch (error) {
    throw new ApiFailure(error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return answer;
  if (response.status === 401) document.dispatchEvent(new Event(SIGNED_OUT));
  const { message = response.statusText, hint = '' } = answer.error ?? {};
  throw new ApiFailure(`${message} ${hint}`.trim(), response.status);
}

/**
 * @template Answer
 * @param {string} path
 * @param {object} body
 * @returns {Promise<Answer>}
 */
const post = (path, body) =>
  request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** @param {Readonly<Record<string, string | number>>} values */
const query = (values) =>
  new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]));

/**
 * Whom the API takes this page for.
 *
 * @returns {Promise<Standing>}
 */
export const fetchSession = () => request('v1/session');
/** @param {string} token @returns {Promise<Standing>} */
export const signIn = (token) => post('v1/session', { token });
/** @returns {Promise<void>} */
export const signOut = () => request('v1/session', { method: 'DELETE' });
/** @returns {Promise<{ version: string }>} */
export const fetchVersion = () => request('v1/version');
/** @returns {Promise<{ counters: AggregationCounters, watermark: number | null, rebuilding: Rebuilding | null }>} */
export const fetchCounters = () => request('v1/counters');

/**
 * Every brand with the sums of its last windows.
 *
 * @param {{ tier: Tier, recent: number }} asked
 * @returns {Promise<{ brands: BrandStanding[] }>}
 */
export const fetchBrands = (asked) => request(`v1/brands?${query(asked)}`);

/** @typedef {{ tier: Tier, from: number, to: number }} Span */

/**
 * Every closed window of some brands as columns, those without posts too.
 *
 * @param {readonly string[]} brands 50 at most
 * @param {Span} span
 * @returns {Promise<{ series: Series[] }>} in the order of the brands
 */
export const fetchSeries = (brands, span) =>
  request(`v1/windows?${query({ brands: brands.join(','), ...span, fill: 'true' })}`);

/**
 * The windows of a brand with all that they tell; those without posts are left out.
 *
 * @param {string} brand
 * @param {Span} span
 * @returns {Promise<{ windows: WindowAggregate[] }>}
 */
export const fetchWindows = (brand, span) =>
  request(`v1/brands/${encodeURIComponent(brand)}/windows?${query(span)}`);

/**
 * The words that tell negative posts from the others.
 *
 * @param {string} brand
 * @param {Span} span not of 10 s: those have none
 * @returns {Promise<{ terms: Term[] }>} the most telling first
 */
export const fetchTerms = (brand, span) =>
  request(`v1/brands/${encodeURIComponent(brand)}/terms?${query({ ...span, limit: 13 })}`);

/** @returns {Promise<{ alerts: Alert[] }>} newest first */
export const fetchAlerts = () => request('v1/alerts?limit=50');
/** @param {string} id @param {string} by @returns {Promise<Alert>} */
export const acknowledge = (id, by) => post(`v1/alerts/${encodeURIComponent(id)}/acknowledge`, { by });

/** @returns {Promise<{ silences: Silence[] }>} */
export const fetchSilences = () => request('v1/silences');
/** @param {{ to: number, brand: string, rule?: string, reason: string, by?: string }} silence @returns {Promise<Silence>} */
export const addSilence = (silence) => post('v1/silences', silence);
/** @param {string} id @returns {Promise<unknown>} */
export const endSilence = (id) => request(`v1/silences/${encodeURIComponent(id)}`, { method: 'DELETE' });

/**
 * What the model makes of a text, and which of its words decided.
 *
 * @param {string} text
 * @returns {Promise<{ results: ScoredText[] }>}
 */
export const explain = (text) => post('v1/score?explain=true', { text });

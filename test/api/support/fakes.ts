import type { Alert } from '../../../src/contracts/alert.js';
import type { AlertBook } from '../../../src/contracts/alert-book.js';
import { type EpochMillis, epochMillis } from '../../../src/contracts/ids.js';
import type { LiveEvent, LiveFeed } from '../../../src/contracts/live-feed.js';
import type { TextScorer, TextToScore } from '../../../src/contracts/text-scorer.js';
import type { WindowAggregate } from '../../../src/contracts/window.js';
import type { WindowQuery, WindowReader } from '../../../src/contracts/window-reader.js';
import { textScore } from './posts.js';

/** Windows in an array. */
export function windowsOf(all: readonly WindowAggregate[], watermark?: EpochMillis): WindowReader {
  const windows = async ({ brand, tier, from, to }: WindowQuery): Promise<readonly WindowAggregate[]> =>
    all
      .filter((window) => window.brand === brand && window.tier === tier)
      .filter(({ start }) => from <= start && start < to)
      .toSorted((a, b) => a.start - b.start);
  return {
    windows,
    summaries: windows,
    texts: async (query) =>
      (await windows(query)).map((window) => ({
        start: window.start,
        json: Buffer.from(JSON.stringify(window)),
      })),
    watermark: async () => watermark,
    rebuilding: async () => undefined,
    counters: async () => ({
      counted: all.reduce((sum, { posts }) => sum + posts, 0),
      late: 2,
      future: 1,
      old: 0,
      duplicates: 3,
      edits: 0,
      deletions: 0,
      gaps: 0,
    }),
  };
}

/** Alerts in an array. */
export function bookOf(all: readonly Alert[]): AlertBook {
  const kept = new Map(all.map((alert) => [alert.id, alert]));
  return {
    list: async ({ brand, state, from = -Infinity, to = Infinity, limit }) =>
      [...kept.values()]
        .filter(({ firedAt }) => from <= firedAt && firedAt < to)
        .filter((alert) => brand === undefined || alert.brand === brand)
        .filter((alert) => state === undefined || alert.state === state)
        .toSorted((a, b) => b.firedAt - a.firedAt)
        .slice(0, limit),
    get: async (id) => kept.get(id),
    async acknowledge(id, by, at) {
      const alert = kept.get(id);
      if (alert === undefined || alert.acknowledgement !== undefined) return alert;
      const acknowledged = { ...alert, acknowledgement: { by, at: epochMillis(at) } };
      kept.set(id, acknowledged);
      return acknowledged;
    },
  };
}

/** A feed that says what it is told to. */
export function createFeed(): LiveFeed & { emit(event: LiveEvent): void; readonly listeners: number } {
  const listeners = new Set<(event: LiveEvent) => void>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    get listeners() {
      return listeners.size;
    },
  };
}

export const MOST_BYTES = 65_536;

/** Finds every text with `good` in it positive, for all of its words, and remembers what it was asked. */
export function createScorer(): TextScorer & { readonly asked: TextToScore[] } {
  const asked: TextToScore[] = [];
  return {
    asked,
    async score(texts) {
      asked.push(...texts);
      return texts.map(({ text, explain }) => {
        if (Buffer.byteLength(text) > MOST_BYTES) {
          return { kind: 'rejected', code: 'SF_POST_TOO_LARGE', message: `more than ${MOST_BYTES} bytes` };
        }
        const { kind, score } = textScore(text);
        const explanation = [{ text, start: 0, end: text.length, weight: 1 }];
        return { kind, score: explain === true ? { ...score, explanation } : score };
      });
    },
  };
}

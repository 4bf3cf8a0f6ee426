import type { Alert } from '../contracts/alert.js';
import type { Brand } from '../contracts/brand.js';
import { ALL_BRANDS, type BrandId, type PostId } from '../contracts/ids.js';
import { LABELS, type Label } from '../contracts/labels.js';
import type { LiveEvent } from '../contracts/live-feed.js';
import type { ScoredPost } from '../contracts/scored-post.js';
import { shown } from './table.js';

/** Posts, and alerts, that are kept to be shown. */
const KEPT_POSTS = 50;
const KEPT_ALERTS = 3;
/** Brands that are shown, those with the most posts. */
const SHOWN_BRANDS = 12;
const TEXT_CHARACTERS = 160;

type Counts = Record<Label, number>;

/** What has been scored since the start, for a terminal. An edit of a post is one more result. */
export class LiveTally {
  readonly #names: ReadonlyMap<BrandId, string>;
  readonly #counts = new Map<BrandId, Counts>();
  readonly #alerts = new Map<string, Alert>();
  #posts: readonly ScoredPost[] = [];

  constructor(brands: readonly Brand[]) {
    this.#names = new Map(brands.map(({ id, name }) => [id, name]));
    for (const id of [...this.#names.keys(), ALL_BRANDS])
      this.#counts.set(id, { negative: 0, neutral: 0, positive: 0 });
  }

  /** @returns a line for each event that is worth one: posts of brands, or all where there are none; alerts */
  add(events: readonly LiveEvent[]): readonly string[] {
    return events.flatMap((event) => this.#add(event) ?? []);
  }

  /** Shares of each brand since the start, the most spoken of first, then of all posts. */
  table(): readonly string[] {
    const brands = [...this.#names]
      .map(([id, name]) => ({ name, counts: this.#counts.get(id) }))
      .sort((a, b) => total(b.counts) - total(a.counts));
    const rows = [
      ...brands.slice(0, SHOWN_BRANDS),
      { name: 'all posts', counts: this.#counts.get(ALL_BRANDS) },
    ];
    // Names last: no terminal agrees with another on how wide they are.
    return [
      ['posts', ...LABELS, 'brand'],
      ...rows.map(({ name, counts }) => [
        String(total(counts)),
        ...LABELS.map((label) => share(counts, label)),
        shown(name),
      ]),
    ].map(([posts = '', ...cells]) =>
      [posts.padStart(7), ...cells.map((cell, i) => (i < LABELS.length ? cell.padStart(8) : cell))].join(
        '  ',
      ),
    );
  }

  /** The newest first. */
  latest(most: number): readonly string[] {
    return this.#posts.slice(0, most).map((post) => this.#postLine(post));
  }

  alerts(): readonly string[] {
    return [...this.#alerts.values()].slice(-KEPT_ALERTS).map((alert) => this.#alertLine(alert));
  }

  #add(event: LiveEvent): string | undefined {
    switch (event.kind) {
      case 'scored':
        return this.#addPost(event.post);
      case 'deleted':
        this.#posts = without(this.#posts, event.id);
        return undefined;
      case 'alert':
        this.#alerts.delete(event.alert.id);
        this.#alerts.set(event.alert.id, event.alert);
        return this.#alertLine(event.alert);
      case 'window':
        return undefined;
    }
  }

  #addPost(post: ScoredPost): string | undefined {
    for (const id of [...post.brands, ALL_BRANDS]) {
      const counts = this.#counts.get(id);
      if (counts !== undefined) counts[post.label] += 1;
    }
    if (this.#names.size > 0 && post.brands.length === 0) return undefined;
    this.#posts = [post, ...without(this.#posts, post.id)].slice(0, KEPT_POSTS);
    return this.#postLine(post);
  }

  #postLine({ createdAt, label, confidence, brands, text = '' }: ScoredPost): string {
    const names = brands.map((id) => shown(this.#names.get(id) ?? id));
    return [
      createdAt.slice(11, 19),
      label.padEnd(8),
      percent(confidence),
      ...(names.length > 0 ? [names.join(', ')] : []),
      shown(text.replaceAll(/\s+/g, ' ').trim(), TEXT_CHARACTERS),
    ].join('  ');
  }

  #alertLine({ state, rule, brand, firedAt, observed, expected }: Alert): string {
    const name = shown(this.#names.get(brand) ?? brand);
    const at = new Date(firedAt).toISOString().slice(11, 19);
    return `${at}  ALERT ${state}  ${rule}: ${name}, ${observed} where ${expected.toFixed(1)} were expected`;
  }
}

function without(posts: readonly ScoredPost[], id: PostId): readonly ScoredPost[] {
  return posts.filter((post) => post.id !== id);
}

function total(counts: Counts | undefined): number {
  return counts === undefined ? 0 : counts.negative + counts.neutral + counts.positive;
}

function share(counts: Counts | undefined, label: Label): string {
  const all = total(counts);
  return counts === undefined || all === 0 ? '-' : percent(counts[label] / all);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0).padStart(3)} %`;
}

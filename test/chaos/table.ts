import type { Result } from './play.js';

const HEADER = [
  'promise',
  'fault',
  'delivery',
  'posts',
  'kills',
  'lost',
  'doubled',
  'dead letters',
  'time to recover',
  'kept',
];

/** The results as a table in Markdown, and below it what broke a promise. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.map(({ scenario, ...result }) => [
    scenario.promise,
    scenario.fault,
    result.delivery,
    result.posts,
    result.kills,
    result.settled ? result.lost : '?',
    result.doubled,
    result.deadLetters,
    result.settled ? `${(result.recoveryMillis / 1_000).toFixed(1)} s` : '?',
    result.findings.length === 0 ? 'yes' : '**no**',
  ]);
  return [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

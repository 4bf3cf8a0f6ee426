import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.js';

const sources = {
  rss: { feeds: ['https://news.example/feed'] },
  mastodon: { instances: [{ url: 'https://mastodon.example' }] },
  discourse: { forums: ['https://forum.example'] },
  reddit: { clientId: 'worker', clientSecret: 'secret', subreddits: ['news'] },
};

async function latenessWith(config: object): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'sentiflux-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sentiflux.yaml');
  writeFileSync(file, stringify(config));
  return (await loadConfig(file, {})).aggregation.latenessBySourceMs;
}

describe('the lateness of sources', () => {
  it('is that of their kind for those that the configuration names, as docs/sources.md tells it', async () => {
    const sections = readFileSync('docs/sources.md', 'utf8').split(/^## /m);
    const headings = { discourse: 'Discourse', mastodon: 'Mastodon', reddit: 'Reddit', rss: 'RSS' };
    const told = Object.entries(headings).map(([source, heading]) => {
      const section = sections.find((text) => text.startsWith(heading)) ?? '';
      const minutes = /the windows allow (\d+) min/.exec(section)?.[1];
      return [source, Number(minutes) * 60_000];
    });
    expect(await latenessWith({ sources })).toEqual(Object.fromEntries(told));
  });

  it('is none of their own for those that it does not name', async () => {
    expect(await latenessWith({})).toEqual({});
    expect(await latenessWith({ sources: { rss: sources.rss } })).toEqual({ rss: 1_800_000 });
  });

  it('is what is set, where it is', async () => {
    const aggregation = { latenessBySourceMs: { rss: 60_000, forum: 5_000 } };
    expect(await latenessWith({ sources: { rss: sources.rss }, aggregation })).toEqual({
      rss: 60_000,
      forum: 5_000,
    });
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PAGES, shellBlocks } from './shown-commands.js';

const read = (page: string): string => readFileSync(page, 'utf8');
const isPage = (path: string): boolean => path.endsWith('.md');

/** The anchors of a page, as they are made of its headings where it is shown. */
function anchorsOf(page: string): readonly string[] {
  return [...withoutCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, '');
}

function linksOf(page: string): readonly string[] {
  return [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

describe('the documents', () => {
  it.each([...PAGES, 'CHANGELOG.md', 'models/LICENSE.md'])('%s: each link leads to something', (page) => {
    const dead = linksOf(page).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(target)) return true;
      return anchor !== undefined && isPage(target) && !anchorsOf(target).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it.each(['README.md', 'README.zh-CN.md'])('%s leads to every one of them', (readme) => {
    const linked = new Set(linksOf(readme).map((link) => link.split('#')[0]));
    expect(PAGES.filter((page) => page.startsWith('docs/') && !linked.has(page))).toEqual([]);
  });

  it('the Chinese README shows the commands of the English one', () => {
    const commandsOf = (page: string): string[] =>
      shellBlocks(page)
        .flatMap((block) => block.split('\n'))
        // Texts and comments are in the language of the page.
        .map((line) => line.replace(/ *#.*/, '').replace(/^echo '.*?' \|/, 'echo … |'))
        .filter((line) => line !== '');
    expect(commandsOf('README.zh-CN.md').toSorted()).toEqual(commandsOf('README.md').toSorted());
  });

  it('docs/operate.md tells of each alert rule, and of its severity', () => {
    const { groups } = parse(read('deploy/prometheus/alerts.yaml'));
    const rules = groups.flatMap(({ rules }: { rules: object[] }) => rules);
    const told = [...read('docs/operate.md').matchAll(/^### (\w+)\n\n\*(\w+)\.\*/gm)];
    expect(told.map(([, alert, severity]) => [alert, severity])).toEqual(
      rules.map(({ alert, labels }: { alert: string; labels: { severity: string } }) => [
        alert,
        labels.severity,
      ]),
    );
  });
});

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { apiConfig, openApi } from '../api/support/server.js';
import { PAGES, type ShownCommand, shownCommands } from './shown-commands.js';

const shown = PAGES.map((page) => ({ page, ...shownCommands(page) }));
const commands = [
  ...new Map(
    shown.flatMap((entry) => entry.commands.map((command) => [command.join(' '), command] as const)),
  ),
];
const of = (program: string): ReadonlyArray<readonly [string, ShownCommand]> =>
  commands.flatMap(([line, [name, ...args]]) => (name === program ? [[line, args] as const] : []));

/** The test that really runs a command, by how the command begins. */
const RUN_BY: Readonly<Record<string, string>> = {
  'sentiflux aggregate': 'test/integration/replay.test.ts',
  'sentiflux alerts test': 'test/cli/alerts-test.test.ts',
  'sentiflux backtest': 'test/cli/backtest.test.ts',
  'sentiflux config show': 'test/security/output.test.ts',
  'sentiflux dead-letters': 'test/cli/dead-letters.test.ts',
  'sentiflux deliveries': 'test/cli/deliveries.test.ts',
  'sentiflux doctor': 'test/docs/start.test.ts',
  'sentiflux evaluate': 'test/cli/commands.test.ts',
  'sentiflux forget': 'test/cli/forget.test.ts',
  'sentiflux ingest discourse': 'test/cli/ingest.test.ts',
  'sentiflux ingest mastodon': 'test/cli/ingest.test.ts',
  'sentiflux ingest reddit': 'test/cli/ingest.test.ts',
  'sentiflux ingest rss': 'test/cli/ingest.test.ts',
  'sentiflux live': 'test/page/live.test.ts',
  'sentiflux model compare': 'test/cli/model.test.ts',
  'sentiflux produce': 'test/docs/start.test.ts',
  'sentiflux replay': 'test/integration/replay.test.ts',
  'sentiflux run': 'test/docs/start.test.ts',
  'sentiflux score': 'test/docs/start.test.ts',
  'sentiflux token create': 'test/cli/token.test.ts',
  'sentiflux topics check': 'test/cli/commands.test.ts',
  'sentiflux topics create': 'test/docs/start.test.ts',
  'sentiflux train': 'test/cli/train.test.ts',
  'curl http://127.0.0.1:8081/metrics': 'test/telemetry/pipeline.test.ts',
  'curl http://127.0.0.1:8081/ready': 'test/pipelines/serving.test.ts',
  'curl -X POST 127.0.0.1:8081/model/reload': 'test/integration/model-swap.test.ts',
  'kill -HUP': 'test/integration/model-swap.test.ts',
  'make chaos': 'test/chaos/short.test.ts',
  'make demo': 'test/demo/demo.test.ts',
  'make services': 'test/support/global-setup.ts',
  'node scripts/capacity.mjs': 'test/bench/capacity.test.ts',
  'npm install sentiflux': 'test/library/package.test.ts',
  'secrets.sh': 'test/deploy/composition.ts',
};

/** Why no test runs the others; of those with arguments of ours the arguments are tested here. */
const NOT_RUN: Readonly<Record<string, string>> = {
  docker: 'tests start no containers: test/deploy tries what is in them',
  helm: 'it asks for a cluster: test/deploy/chart.test.ts renders the chart with these values',
  kubectl: 'it asks for a cluster',
  ln: "it is the system's own",
  'make bench': 'it takes half an hour: `.ci/run` has its short form, make bench-guard',
  'make build': 'what the tests begin with',
  'make soak': 'it takes half an hour',
  'make test': 'what runs this test',
  mv: "it is the system's own",
  openssl: "it is the system's own",
};

let adding: ReadonlyArray<(program: Command) => void> = [];

describe('the commands of the documents', () => {
  // The whole program is read, which takes its time on a busy machine.
  beforeAll(async () => {
    adding = await Promise.all([...COMMANDS.values()].map((load) => load()));
  }, 300_000);

  it.each(shown)('$page: bash can read them, and knows each program', ({ complaints }) => {
    expect(complaints).toBe('');
  });

  it('are each run by a test, or it is said here why not', () => {
    const known = Object.keys({ ...RUN_BY, ...NOT_RUN });
    const isKnown = (line: string): boolean =>
      known.some((start) => line === start || line.startsWith(`${start} `)) ||
      line.includes('//127.0.0.1:8080/');
    expect(commands.map(([line]) => line).filter((line) => !isKnown(line))).toEqual([]);
    const isShown = (start: string): boolean => commands.some(([line]) => line.startsWith(start));
    expect(known.filter((start) => !isShown(start))).toEqual([]);
  });

  it('are run by tests that are there, and name them', () => {
    for (const [start, file] of Object.entries(RUN_BY)) {
      const [program, word = ''] = start.split(' ');
      const test = readFileSync(file, 'utf8');
      if (program === 'sentiflux' && file !== 'test/docs/start.test.ts')
        expect(test, start).toContain(`'${word}'`);
    }
  });

  it.each(of('sentiflux'))('%s: the program takes these arguments', async (_, args) => {
    const asked: string[] = [];
    const program = withoutActions((path) => void asked.push(path));
    await program.parseAsync(args, { from: 'user' });
    expect(asked).toHaveLength(1);
  });

  it('the program does not take what it has not', async () => {
    const program = withoutActions(() => {});
    const parsed = program.parseAsync(['score', '--rate', '3'], { from: 'user' });
    await expect(parsed).rejects.toMatchObject({ code: 'commander.unknownOption' });
  });

  it('make has the targets', () => {
    const makefile = readFileSync('Makefile', 'utf8');
    for (const [line, [target = '']] of of('make'))
      expect(makefile, line).toMatch(new RegExp(`^${target}:`, 'm'));
  });

  it('curl asks for routes that there are', async () => {
    const api = await openApi({ config: apiConfig() });
    const { paths }: { paths: Record<string, Record<string, unknown>> } = (
      await api.inject({ url: '/openapi.json' })
    ).json();
    for (const [line, args] of of('curl')) {
      const address = args.find((arg) => arg.includes('127.0.0.1:')) ?? '';
      const { pathname, port, searchParams } = new URL(
        address.includes('//') ? address : `http://${address}`,
      );
      if (port === '8081') continue;
      const method = args.includes('-d') ? 'post' : 'get';
      const [, operations = {}] =
        Object.entries(paths).find(([path]) =>
          new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
        ) ?? [];
      expect(operations, line).toHaveProperty([method]);
      const { parameters = [] } = Object(operations[method]);
      const names = parameters.map(({ name }: { name: string }) => name);
      expect(names, line).toEqual(expect.arrayContaining([...searchParams.keys()]));
    }
  });
});

/** The program as it is, but for what its commands do: they tell their name and end. */
function withoutActions(asked: (path: string) => void): Command {
  const program = new Command('sentiflux');
  for (const add of adding) add(program);
  const quieten = (command: Command, path: string): void => {
    command.exitOverride().configureOutput({ writeErr: () => {} });
    if (command.commands.length === 0) command.action(() => asked(path));
    for (const child of command.commands) quieten(child, `${path} ${child.name()}`);
  };
  quieten(program, 'sentiflux');
  return program;
}

import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { addCommands, COMMANDS } from '../../src/cli/commands.js';
import { run } from '../support/cli.js';
import { kafkaBrokers } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function file(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** The lines of an output, each parsed. */
function objects(stdout: string): Array<Record<string, unknown>> {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line): Record<string, unknown> => JSON.parse(line));
}

describe('the command line', () => {
  it('lists its commands', async () => {
    const { status, stdout } = await run(['--help']);
    expect(status).toBe(0);
    for (const command of COMMANDS.keys()) expect(stdout).toContain(`\n  ${command}`);
  });

  it('has --help', async () => {
    const { status, stdout } = await run(['score', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: sentiflux score');
  });

  it.each([...COMMANDS.keys()])('loads %s, and nothing beside it, where that is asked for', async (name) => {
    const program = new Command('sentiflux');
    await addCommands(program, name);
    expect(program.commands.map((command) => command.name())).toEqual([name]);
    expect(program.commands[0]?.helpInformation()).toContain(`Usage: sentiflux ${name}`);
  });

  it.each([undefined, '--version', 'help', 'scoer'])(
    'loads every command where the first word is %s',
    async (word) => {
      const program = new Command('sentiflux');
      await addCommands(program, word);
      expect(program.commands.map((command) => command.name())).toEqual([...COMMANDS.keys()]);
    },
  );

  it.each([
    ['an unknown command', ['scoer']],
    ['an unknown option', ['score', '--fast']],
    ['a value that is none of the choices', ['score', '--engine', 'gpu']],
    ['an unknown role', ['run', '--role', 'scoer']],
    ['a missing option', ['evaluate']],
  ])('ends with status 2 at %s', async (_, args) => {
    expect((await run(args)).status).toBe(2);
  });

  it('prints an error as one line with its code and what to do, and ends with status 2 where it was asked wrongly', async () => {
    const { status, stderr } = await run(['run', '--config', '/no/such/file.yaml']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^SF_CONFIG_UNREADABLE cannot read \/no\/such\/file\.yaml: .*Check the path\.\n$/);
  });

  it('ends with status 1 where a service does not answer, naming it', async () => {
    const { status, stderr } = await run(['topics', 'check'], {
      env: {
        SENTIFLUX_STREAMS_KAFKA_BROKERS: '127.0.0.1:1',
        SENTIFLUX_STREAMS_KAFKA_CONNECTION_TIMEOUT_MS: '200',
      },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('SF_STREAM_UNREACHABLE');
    expect(stderr).toContain('127.0.0.1:1');
  }, 60_000);
});

describe('run', () => {
  it.each([
    ['the store of the windows', { aggregation: { store: 'redis' }, alerting: { scheduler: 'memory' } }],
    ['the store of the alerts', { aggregation: { store: 'memory' }, alerting: { scheduler: 'bullmq' } }],
  ])('ends with status 1 where %s does not answer', async (_, sections) => {
    const settings = {
      streams: { kind: 'memory' },
      redis: { url: 'redis://127.0.0.1:1' },
      ops: { port: 0 },
      ...sections,
    };
    const { status, stderr } = await run([
      'run',
      '--role',
      'aggregate,alert',
      '--config',
      file('worker.yaml', JSON.stringify(settings)),
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SF_STORE_UNREACHABLE .*connect ECONNREFUSED 127\.0\.0\.1:1\. Check .*\n$/m);
  });

  it('names the topics that do not exist', async () => {
    const settings = { streams: { kind: 'file', file: { directory: temporaryFolder() } } };
    const { status, stderr } = await run([
      'topics',
      'check',
      '--config',
      file('worker.yaml', JSON.stringify(settings)),
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SF_TOPIC_MISSING posts\.raw does not exist; .* Run sentiflux topics create/);
  });
});

describe('demo', () => {
  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo; // It listens on a port.
    const { status, stderr } = await run(['demo', '--exit', '--port', String(port)]);
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^SF_LISTEN_FAILED cannot listen on 127\\.0\\.0\\.1:${port}: .*\\n$`));
  });
});

describe('score', () => {
  it('gives one line a record, in order, with every field', async () => {
    const posts = [
      '{"id":"a","text":"I love this phone, it is wonderful 😍"}',
      '{"id":"b","text":"这家店太差了，再也不来了"}',
    ];
    const { status, stdout } = await run(['score', '--input', file('posts.ndjson', posts.join('\n'))]);
    expect(status).toBe(0);
    const [first, second] = objects(stdout);
    expect(first).toMatchObject({
      line: 1,
      id: 'a',
      label: 'positive',
      language: 'en',
      brands: [],
      flags: [],
    });
    expect(second).toMatchObject({ line: 2, id: 'b', label: 'negative', language: 'zh' });
    expect(Object.keys(first ?? {})).toEqual(
      expect.arrayContaining(['probabilities', 'polarity', 'confidence', 'model']),
    );
    expect(first?.model).toMatchObject({ engine: expect.any(String), precision: expect.any(String) });
  });

  it('reads standard input', async () => {
    const { stdout } = await run(['score'], { input: 'what a wonderful day\nthis is terrible, I hate it\n' });
    expect(objects(stdout).map(({ label }) => label)).toEqual(['positive', 'negative']);
  });

  it('says in its place why a record cannot be scored, and goes on', async () => {
    const input = [
      '{"text":"good"}',
      '{"text":',
      '{"text":"   "}',
      `{"text":"${'x'.repeat(70_000)}"}`,
      '{"text":"fine"}',
    ];
    const { status, stdout } = await run(['score', '--format', 'ndjson'], { input: input.join('\n') });
    expect(status).toBe(0);
    const lines = objects(stdout);
    expect(lines.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    expect(lines.map(({ error }) => error && Reflect.get(Object(error), 'code'))).toEqual([
      undefined,
      'SF_POST_NOT_JSON',
      'SF_POST_NO_TEXT',
      'SF_POST_TOO_LARGE',
      undefined,
    ]);
  });

  it('matches brands of a file', async () => {
    const brands = file(
      'brands.yaml',
      'brands: [{ id: acme, name: Acme, keywords: [acme, 艾克美], handles: [acme] }]',
    );
    const { stdout } = await run(['score', '--brands', brands], {
      input: 'Acme is fine\n我喜欢艾克美\nnothing here\nthanks @acme\n',
    });
    expect(objects(stdout).map((line) => line.brands)).toEqual([['acme'], ['acme'], [], ['acme']]);
  });

  it('explains with --explain what decided, as characters of the record', async () => {
    const text = '😀 The support is <b>not</b> good &amp; far too sloooow';
    const { stdout } = await run(['score', '--explain', '--format', 'ndjson'], {
      input: `${JSON.stringify({ text })}\n{"text":" "}\n`,
    });
    const [explained, rejected] = objects(stdout);
    const parts = z
      .array(z.object({ text: z.string(), start: z.number(), end: z.number(), weight: z.number() }))
      .parse(explained?.explanation);
    expect(parts.map((part) => part.text)).toEqual(parts.map(({ start, end }) => text.slice(start, end)));
    expect(parts.map((part) => part.text)).toEqual(expect.arrayContaining(['😀', 'not', '&amp;', 'sloooow']));
    expect(rejected).toMatchObject({ error: { code: 'SF_POST_NO_TEXT' } });
  });

  it('reads CSV with another text column and writes a file', async () => {
    const output = join(temporaryFolder(), 'scored.ndjson');
    const input = file('posts.csv', 'id,body\n7,"good, really ""good"""\n');
    const { status, stdout } = await run(['score', '-i', input, '-t', 'body', '-o', output]);
    expect([status, stdout]).toEqual([0, '']);
    expect(objects(readFileSync(output, 'utf8'))).toEqual([
      expect.objectContaining({ line: 1, id: '7', label: 'positive' }),
    ]);
  });

  it('scores without native code', async () => {
    const { stdout } = await run(['score', '--engine', 'wasm'], { input: 'what a wonderful day' });
    expect(objects(stdout)[0]).toMatchObject({ label: 'positive', model: { engine: 'wasm' } });
  });

  it('falls back on WebAssembly where no native part can be loaded, and says so once', async () => {
    const hook = new URL('../support/without-native-parts.mjs', import.meta.url).href;
    const { status, stdout, stderr } = await run(['score'], {
      input: 'what a wonderful day\n',
      env: { NODE_OPTIONS: `--import ${hook}` },
    });
    expect(status).toBe(0);
    expect(objects(stdout)[0]).toMatchObject({ label: 'positive', model: { engine: 'wasm' } });
    expect(stderr.match(/SF_ENGINE_FALLBACK/g)).toHaveLength(1);
    expect(stderr).toContain('cannot open shared object file');
  });

  it('refuses a bundle that was trained on texts prepared otherwise', async () => {
    const model = temporaryFolder();
    cpSync('models/default', model, { recursive: true });
    const manifest = readFileSync(join(model, 'manifest.json'), 'utf8');
    writeFileSync(
      join(model, 'manifest.json'),
      manifest.replace(/"preprocessor": \d+/, '"preprocessor": 99'),
    );
    const { status, stderr } = await run(['score', '--model', model], { input: 'good' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SF_MODEL_INVALID .*version 99/);
  });

  it('refuses a bundle that is none', async () => {
    const { status, stderr } = await run(['score', '--model', temporaryFolder()], { input: 'good' });
    expect(status).toBe(1);
    expect(stderr).toContain('SF_MODEL_UNREADABLE');
  });
});

describe('evaluate', () => {
  const rows = [
    'label\ttext',
    'positive\tI love it',
    'negative\tI hate it',
    '-\tmixed',
    'neutral\tThe shop opens at nine',
  ];

  it('gives its figures as JSON', async () => {
    const { status, stdout } = await run(['evaluate', '--data', file('set.tsv', rows.join('\n')), '--json']);
    expect(status).toBe(0);
    const figures: Record<string, unknown> = JSON.parse(stdout);
    expect(figures).toMatchObject({ n: 3, skipped: 1, perClass: { positive: { recall: 1, support: 1 } } });
    expect(Object.keys(figures)).toEqual(
      expect.arrayContaining(['accuracy', 'macroRecall', 'macroF1', 'perClass', 'confusion', 'ece']),
    );
  });

  it('says which columns a file lacks', async () => {
    const { status, stderr } = await run([
      'evaluate',
      '--data',
      file('set.tsv', 'sentiment\ttext\npositive\tgood'),
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^SF_EVALUATE_DATA_INVALID .*"sentiment","text".*\n$/);
  });

  describe('with a recipe', () => {
    const recipe = (): string => {
      const set = file(
        'set.tsv',
        [`split\t${rows[0]}`, ...rows.slice(1).map((row) => `a\t${row}`), 'b\tpositive\tgreat'].join('\n'),
      );
      return file(
        'recipe.yaml',
        JSON.stringify({
          data: [{ file: set }],
          development: [{ name: 'tuning', file: set, only: { split: ['b'] } }],
          evaluation: [
            { name: 'posts', file: set, only: { split: ['a'] } },
            { name: 'lost', file: 'no-such-file.tsv' },
          ],
        }),
      );
    };

    it('measures each held-back set, and says which one it cannot read', async () => {
      const { status, stdout } = await run(['evaluate', '--recipe', recipe()]);
      expect(status).toBe(0);
      expect(stdout).toMatch(
        /^set +posts +macro recall +macro F1 +accuracy +negative recall +calibration error\n/,
      );
      expect(stdout).toMatch(/^posts +3 +[\d.]+ +[\d.]+ +[\d.]+ +100\.0 +[\d.]+$/m);
      expect(stdout).toMatch(/^lost +cannot read .*no-such-file\.tsv: /m);
    });

    it('measures the sets that are named, also those to tune on', async () => {
      const { stdout } = await run(['evaluate', '--recipe', recipe(), '--set', 'tuning', '--json']);
      const outcomes: unknown = JSON.parse(stdout);
      expect(outcomes).toMatchObject([{ set: 'tuning', kind: 'evaluated', evaluation: { n: 1 } }]);
    });

    it.each([
      ['a set that it does not have', ['--set', 'tweets'], 'Its sets are posts, lost, tuning.'],
      ['sets of which none can be read', ['--set', 'lost'], 'none of the sets can be read'],
    ])('refuses %s', async (_, options, message) => {
      const { status, stderr } = await run(['evaluate', '--recipe', recipe(), ...options]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^SF_EVALUATE_DATA_INVALID .*\n$/);
      expect(stderr).toContain(message);
    });
  });
});

describe('the embedded worker', () => {
  it('takes what produce wrote in another process', async () => {
    const folder = temporaryFolder();
    const config = file(
      'config.yaml',
      `streams: { kind: file, file: { directory: ${folder} } }\ntopics: { partitions: 2 }\n`,
    );
    const env = { SENTIFLUX_CONFIG: config };
    expect((await run(['topics', 'create'], { env })).status).toBe(0);
    const produced = await run(['produce', '--input', '-'], {
      env,
      input: '{"id":"a","text":"good"}\n{"id":"b","text":"bad"}\n',
    });
    expect(produced.stdout).toBe('2 posts written to posts.raw\n');
    const check = await run(['topics', 'check'], { env });
    expect(check.stdout).toContain('posts.raw ok, 2 partitions');
  });
});

describe.skipIf(kafkaBrokers === undefined)('topics check on Kafka', () => {
  it('refuses topics with one replica unless it is told that the cluster is for tests', async () => {
    const prefix = `check-${process.pid}-${Date.now()}`;
    const names = ['posts', 'scored', 'aggregates', 'alerts', 'deadLetters'];
    const topics = Object.fromEntries(names.map((name) => [name, `${prefix}.${name}`]));
    const streams = { kind: 'kafka', kafka: { brokers: kafkaBrokers } };
    const env = { SENTIFLUX_CONFIG: file('config.yaml', JSON.stringify({ streams, topics })) };
    expect((await run(['topics', 'create', '--replication', '1'], { env })).status).toBe(0);

    const refused = await run(['topics', 'check'], { env });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/^SF_TOPIC_MISMATCH .*\.posts has 1 replicas, not 3; .*\n$/);
    expect((await run(['topics', 'check', '--test-cluster'], { env })).status).toBe(0);
    const told = { ...env, SENTIFLUX_TOPICS_REPLICATION: '1' };
    expect((await run(['topics', 'check'], { env: told })).status).toBe(0);
  }, 60_000);
});

describe('doctor', () => {
  it('says which engine would run and why', async () => {
    const config = file('config.yaml', 'streams: { kind: memory }\naggregation: { store: memory }\n');
    const { status, stdout } = await run(['doctor', '--config', config]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/✓ would run\s+(native|onnx|wasm), int8/);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadBrands, loadConfig } from '../../src/config/load.js';
import { settings } from '../../src/config/settings.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function file(content: string, name = 'config.yaml'): Promise<string> {
  const path = join(temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

describe('the configuration', () => {
  it('is complete without a file', async () => {
    const config = await loadConfig(undefined, {});
    expect(config.topics.scored).toBe('sentiment.scored');
    expect(config.streams.kafka.brokers).toEqual(['127.0.0.1:9092']);
    expect(config.alerting.rules.map(({ name }) => name)).toEqual(['negative-surge']);
  });

  it('takes variables over the file and the file over the defaults', async () => {
    const path = await file('topics: { posts: from-file, scored: from-file }');
    const config = await loadConfig(path, { SENTIFLUX_TOPICS_SCORED: 'from-environment' });
    expect(config.topics).toMatchObject({
      posts: 'from-file',
      scored: 'from-environment',
      alerts: 'sentiment.alerts',
    });
  });

  it('reads numbers and lists from variables', async () => {
    const config = await loadConfig(undefined, {
      SENTIFLUX_STREAMS_KAFKA_BROKERS: 'a:9092, b:9092',
      SENTIFLUX_SCORING_THREADS: '3',
      SENTIFLUX_OUTPUT_INCLUDE_TEXT: 'true',
      SENTIFLUX_INPUT_FIELDS_ID: '12',
    });
    expect(config.streams.kafka.brokers).toEqual(['a:9092', 'b:9092']);
    expect(config.scoring.threads).toBe(3);
    expect(config.output.includeText).toBe(true);
    expect(config.input.fields.id).toBe('12');
  });

  it('takes file names relative to the file in which they stand', async () => {
    const path = await file('brands: brands.yaml');
    expect((await loadConfig(path, {})).brands).toBe(path.replace('config.yaml', 'brands.yaml'));
  });

  it.each([
    ['an unknown key', 'topcis: {}', 'the top level has no key "topcis"'],
    ['an unknown key further down', 'streams: { kafka: { broker: x } }', 'streams.kafka has no key "broker"'],
    ['a bad value', 'scoring: { threads: many }', 'scoring.threads is "many": expected number'],
    [
      'a value outside a list',
      'scoring: { engine: gpu }',
      'scoring.engine is "gpu": expected one of "auto"|"native"|"onnx"',
    ],
    ['a bad value in a list', 'alerting: { rules: [{ name: Surge! }] }', 'alerting.rules.0.name is "Surge!"'],
    [
      'a kind of receiver that there is not',
      'alerting: { receivers: [{ name: ops, kind: fax }] }',
      'alerting.receivers.0.kind is "fax"',
    ],
    [
      'two receivers of one name',
      'alerting: { receivers: [{ name: a, kind: slack, url: "https://a" }, { name: a, kind: slack, url: "https://b" }] }',
      'each receiver needs a name of its own',
    ],
    [
      'a receiver of a rule that there is not',
      'alerting: { receivers: [{ name: a, kind: slack, url: "https://a", rules: [volume] }] }',
      'alerting.receivers.0.rules is ["volume"]: no rule is named "volume"',
    ],
    [
      'a mail account without its password',
      'alerting: { receivers: [{ name: m, kind: email, host: h, from: a@example.com, to: [b@example.com], user: u }] }',
      'alerting.receivers.0.password is missing (user and password belong together)',
    ],
    ['no mapping', '- a\n- b', 'holds no keys'],
    ['no YAML', 'a: [', 'is not YAML'],
  ])('stops at %s with path, value and what was expected', async (_, content, message) => {
    await expect(loadConfig(await file(content), {})).rejects.toMatchObject({
      code: 'SF_CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['an address', '{ name: a, kind: slack, url: "ftp://T0/hush" }'],
    ['a key', '{ name: a, kind: pagerduty, routingKey: [hush] }'],
    ['a password', '{ name: a, kind: email, password: [hush] }'],
    ['something else', 'hush'],
  ])('shows no secret of a receiver where %s is wrong', async (_, receiver) => {
    const loading = loadConfig(await file(`alerting: { receivers: [${receiver}] }`), {});
    await expect(loading).rejects.toMatchObject({
      code: 'SF_CONFIG_INVALID',
      message: expect.not.stringContaining('hush'),
    });
  });

  const broken = '[{ name: a, kind: slack, url: "hush }]';

  it.each([
    ['a variable', async () => loadConfig(undefined, { SENTIFLUX_ALERTING_RECEIVERS: broken })],
    ['a file', async () => loadConfig(await file(`alerting:\n  receivers: ${broken}`), {})],
  ])('shows nothing of %s that is no YAML but where it breaks', async (_, load) => {
    const error = await load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SF_CONFIG_INVALID', message: expect.stringMatching(/line \d/) });
    expect(inspect(error)).not.toContain('hush');
  });

  it('takes receivers from a variable, as a secret of the platform would hold them', async () => {
    const config = await loadConfig(undefined, {
      SENTIFLUX_ALERTING_RECEIVERS:
        '[{ name: ops, kind: slack, url: "https://hooks.slack.com/services/T0" }]',
    });
    expect(config.alerting.receivers).toMatchObject([{ name: 'ops', perMinute: 60, allowPrivate: false }]);
  });

  it('names every problem at once', async () => {
    const path = await file('scoring: { threads: -1, precision: int4 }');
    await expect(loadConfig(path, {})).rejects.toThrow(
      /scoring\.threads.*scoring\.precision|scoring\.precision.*scoring\.threads/,
    );
  });

  it('stops at a variable that names no setting', async () => {
    await expect(loadConfig(undefined, { SENTIFLUX_TOPIC_SCORED: 'x' })).rejects.toThrow(
      'the variable SENTIFLUX_TOPIC_SCORED names no setting',
    );
  });

  it('says which file cannot be read', async () => {
    await expect(loadConfig('/no/such/file.yaml', {})).rejects.toMatchObject({
      code: 'SF_CONFIG_UNREADABLE',
    });
  });

  it('gives each setting a variable of its own', () => {
    const variables = settings().map(({ variable }) => variable);
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toContain('SENTIFLUX_AGGREGATION_RETENTION_MS_10S');
  });
});

describe('the files in config/', () => {
  it.each(['config/kafka.yaml', 'config/embedded.yaml'])('%s is valid', async (path) => {
    await expect(loadConfig(path, {})).resolves.toBeDefined();
  });
});

describe('a brands file', () => {
  it('fills in what is left out', async () => {
    const path = await file('brands: [{ id: acme, name: Acme, keywords: [acme] }]');
    expect(await loadBrands(path)).toEqual([
      { id: 'acme', name: 'Acme', handles: [], hashtags: [], keywords: ['acme'], exclude: [] },
    ]);
  });

  it('refuses an id that is taken', async () => {
    const path = await file('brands: [{ id: acme, name: A }, { id: acme, name: B }]');
    await expect(loadBrands(path)).rejects.toThrow('the id "acme" stands twice');
  });

  it('refuses an id with other characters, naming it', async () => {
    const path = await file('brands: [{ id: Acme Inc, name: A }]');
    await expect(loadBrands(path)).rejects.toThrow('brands.0.id is "Acme Inc"');
  });
});

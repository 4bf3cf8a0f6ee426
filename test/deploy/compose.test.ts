import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { tokenHash } from '../../src/api/tokens.js';
import { loadConfig } from '../../src/config/load.js';
import { configSchema } from '../../src/config/schema.js';
import { settings } from '../../src/config/settings.js';
import { ROLES } from '../../src/pipelines/role.js';
import { composition, madeSecrets, services, workers } from './composition.js';
import { jsonFile, messagesOf, NEEDED, tool } from './tools.js';

const composeSchema = tool('compose-spec.json');
const otelcol = tool('otelcol');

describe('deploy/compose.yaml', () => {
  it.skipIf(composeSchema === undefined)(`is what Compose specifies ${NEEDED}`, () => {
    const schema = jsonFile(composeSchema ?? '');
    const AjvOfDraft = String(schema.$schema).includes('2020-12') ? Ajv2020 : Ajv;
    const check = new AjvOfDraft({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    expect(check(composition) ? [] : messagesOf(check.errors)).toEqual([]);
    const { kafka } = composition.services;
    expect(check({ ...composition, services: { kafka: { ...kafka, restarts: 'always' } } })).toBe(false);
  });

  it.skipIf(otelcol === undefined)(`configures a collector that takes its configuration ${NEEDED}`, () => {
    const validate = (file: string) => spawnSync(otelcol ?? '', ['validate', '--config', file]);
    expect(validate('deploy/compose/collector.yaml').stderr.toString()).toBe('');
    expect(validate('deploy/compose/tempo.yaml').status).not.toBe(0);
  });

  it('has every role apart, and all that is promised beside them', () => {
    const roles = workers.flatMap(([, { command = [] }]) => (command[0] === 'run' ? [command[2]] : []));
    // Which sources to read is for its users to say.
    expect(roles.toSorted()).toEqual(ROLES.filter((role) => role !== 'ingest').toSorted());
    expect(Object.keys(composition.services)).toEqual(
      expect.arrayContaining(['kafka', 'redis', 'topics', 'collector', 'prometheus', 'grafana', 'tempo']),
    );
  });

  it('names images by version, and files that are there', () => {
    for (const [name, { image }] of services)
      expect(image, name).toMatch(/:[\w.-]*\d[\w.-]*$|^sentiflux:local$/);
    for (const { file } of Object.values(composition.configs))
      expect(existsSync(join('deploy', file)), file).toBe(true);
    for (const [name, { configs, secrets }] of services) {
      for (const { source } of configs) expect(composition.configs, name).toHaveProperty([source]);
      for (const secret of secrets) expect(composition.secrets, name).toHaveProperty([secret]);
    }
  });

  it('lets workers do nothing but their work, and nobody else in', () => {
    for (const [, worker] of workers) {
      expect(worker).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
    for (const [name, { ports, networks }] of services) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      // Kafka and Redis are reached from the workers alone.
      if (networks.includes('streams') && name !== 'api') expect(networks, name).not.toContain('public');
    }
    expect(composition.networks).toMatchObject({
      streams: { internal: true },
      telemetry: { internal: true },
    });
  });

  it('gives every worker a configuration that it takes, with secrets that are in no variable', async () => {
    const { here, secret } = madeSecrets();
    const known = new Set(settings().map(({ variable }) => variable));
    for (const [name, { environment }] of workers) {
      const variables = Object.entries(environment).filter(([variable]) => variable.startsWith('SENTIFLUX_'));
      expect(
        variables.filter(([variable]) => !known.has(variable.replace(/_FILE$/, ''))),
        name,
      ).toEqual([]);
      const config = await loadConfig(
        'deploy/compose/worker.yaml',
        Object.fromEntries(variables.map(([variable, value]) => [variable, here(value)])),
      );
      expect(config.output.authorKey, name).toMatch(/^[0-9a-f]{64}$/);
      if (name !== 'api') continue;
      expect(config.api.tokens).toMatchObject([{ name: 'compose', sha256: tokenHash(secret('api-token')) }]);
    }
  });
});

describe('the Prometheus of the Compose file', () => {
  it('asks every worker for its metrics, under the name of the job that the alert rules know', () => {
    const { scrape_configs } = z
      .object({
        scrape_configs: z.tuple([
          z.object({
            job_name: z.string(),
            dns_sd_configs: z.tuple([
              z.object({ names: z.array(z.string()), type: z.string(), port: z.number() }),
            ]),
          }),
        ]),
      })
      .passthrough()
      .parse(parse(readFileSync('deploy/compose/prometheus.yaml', 'utf8')));
    const [{ job_name, dns_sd_configs }] = scrape_configs;
    expect(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')).toContain(`{job="${job_name}"}`);
    const running = workers.flatMap(([name, { command = [] }]) => (command[0] === 'run' ? [name] : []));
    expect(dns_sd_configs[0].names.toSorted()).toEqual(running.toSorted());
    expect(dns_sd_configs[0].port).toBe(configSchema.parse({}).ops.port);
  });
});

describe('deploy/compose/secrets.sh', () => {
  it('makes every secret that the services ask for, and keeps what is there', () => {
    const { folder, secret } = madeSecrets();
    const names = Object.values(composition.secrets).map(({ file }) => file.replace('compose/secrets/', ''));
    const before = names.map(secret);
    expect(before.every((text) => text.length > 40)).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    spawnSync(resolve('deploy/compose/secrets.sh'), [folder]);
    expect(names.map(secret)).toEqual(before);
  });

  it('gives Kafka and Redis the passwords that the workers log in with', () => {
    const { secret } = madeSecrets();
    const jaas = secret('kafka-jaas');
    expect(jaas).toContain(`user_sentiflux="${secret('kafka-password')}"`);
    const [, password, own] = /username="broker" password="(\w+)" user_broker="(\w+)"/.exec(jaas) ?? [];
    expect(password).toMatch(/^[0-9a-f]{64}$/);
    expect(own).toBe(password);
    const documented = /^user sentiflux .*$/m.exec(readFileSync('docs/security.md', 'utf8'))?.[0];
    expect(secret('redis-users').trim().split('\n')).toEqual([
      'user default off',
      documented?.replace('PASSWORD', secret('redis-password')),
    ]);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { loadBrands, loadConfig } from '../../src/config/load.js';
import { settings } from '../../src/config/settings.js';
import { ROLES } from '../../src/pipelines/role.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { jsonFile, messagesOf, NEEDED, tool } from './tools.js';

const CHART = 'deploy/helm/sentiflux';
/** The oldest and the newest version of Kubernetes whose schemas are there. */
const VERSIONS = ['1.27.0', '1.37.0'];
const helm = tool('helm') ?? '';
const schemas = tool('kubernetes');
const keda = tool('keda');

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
type KubernetesObject = z.infer<typeof objectSchema>;

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(helm, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function rendered(...args: readonly string[]): readonly KubernetesObject[] {
  const { status, stdout, stderr } = run('template', 'live', CHART, '--kube-version', '1.37.0', ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return parseAllDocuments(stdout).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [objectSchema.parse(value)];
  });
}

const everything = (): readonly KubernetesObject[] => rendered('--values', `${CHART}/ci/all.yaml`);

/** What pods hold, whatever makes them. */
const podSchema = z.looseObject({
  securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.number().positive() }),
  automountServiceAccountToken: z.literal(false),
  containers: z.array(
    z.looseObject({
      name: z.string(),
      args: z.array(z.string()),
      env: z.array(z.object({ name: z.string(), value: z.string() })),
      securityContext: z.object({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
      }),
      resources: z.object({ requests: z.looseObject({}), limits: z.looseObject({ memory: z.string() }) }),
    }),
  ),
});
function podsOf(objects: readonly KubernetesObject[]) {
  const workload = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: podSchema }) }) });
  return objects
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((object) => workload.parse(object).spec.template.spec);
}

const dataSchema = z.object({ data: z.object({ 'worker.yaml': z.string(), 'brands.yaml': z.string() }) });

describe.skipIf(helm === '')(`the Helm chart ${NEEDED}`, () => {
  it.each([[[]], [['--values', `${CHART}/ci/all.yaml`]]])('passes helm lint with %j', (values) => {
    const { status, stdout } = run('lint', '--strict', CHART, ...values);
    expect(stdout).toContain('0 chart(s) failed');
    expect(status).toBe(0);
  });

  it.each([
    ['a value that it does not know', ['--set', 'replicas=3']],
    ['a name of a secret that is no variable', ['--set', 'secrets.values.password=x']],
    ['less time than the worker drains for', ['--set', 'terminationGracePeriodSeconds=10']],
    ['a file of brands of its own', ['--set', 'config.brands=mine.yaml']],
    ['autoscaling of a role that has no lag', ['--set', 'roles.api.autoscaling.enabled=true']],
  ])('refuses %s', (_, args) => {
    const { status, stderr } = run('template', 'live', CHART, '--kube-version', '1.37.0', ...args);
    expect(status).not.toBe(0);
    expect(stderr).toContain("values don't meet the specifications of the schema");
  });

  it('makes a Deployment, a budget and probes a role', () => {
    const objects = rendered();
    const names = (kind: string) =>
      objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
    // Its sources are those that somebody names.
    const each = ROLES.flatMap((role) => (role === 'ingest' ? [] : [`live-${role}`])).toSorted();
    expect(names('Deployment').toSorted()).toEqual(each);
    expect(names('PodDisruptionBudget').toSorted()).toEqual(each);
    for (const pod of podsOf(objects)) {
      const [container] = pod.containers;
      expect(container).toMatchObject({
        livenessProbe: { httpGet: { path: '/live', port: 'ops' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'ops' } },
      });
    }
  });

  it('runs every container without rights, on a read-only root, with settings that there are', () => {
    const variables = new Set(settings().map(({ variable }) => variable));
    const pods = podsOf(everything());
    expect(pods).toHaveLength(6);
    for (const { containers } of pods) {
      for (const { env } of containers) {
        const names = env.map(({ name }) => name).filter((name) => name.startsWith('SENTIFLUX_'));
        expect(names.filter((name) => !variables.has(name.replace(/_FILE$/, '')))).toEqual([]);
      }
    }
  });

  it('has one pod that ingests, never two, and lets it out to sources', () => {
    const of = (kind: string) =>
      everything().find((object) => object.kind === kind && object.metadata.name === 'live-ingest');
    expect(of('Deployment')).toMatchObject({ spec: { replicas: 1, strategy: { type: 'Recreate' } } });
    expect(of('NetworkPolicy')).toMatchObject({
      spec: { policyTypes: ['Egress'], egress: [{ ports: [{ port: 443 }] }] },
    });
    expect(run('template', 'live', CHART, '--set', 'roles.ingest.replicas=2').status).not.toBe(0);
  });

  it('has no secret outside of its Secret', () => {
    const elsewhere = everything().filter(({ kind }) => kind !== 'Secret');
    expect(JSON.stringify(elsewhere)).not.toContain('made-up');
  });

  it('gives the worker a configuration and brands that it takes', async () => {
    const objects = everything();
    const { data } = dataSchema.parse(objects.find(({ kind }) => kind === 'ConfigMap'));
    const folder = temporaryFolder();
    const secrets = join(folder, 'secrets');
    mkdirSync(secrets);
    const file = join(folder, 'worker.yaml');
    writeFileSync(file, data['worker.yaml']);
    writeFileSync(join(folder, 'brands.yaml'), data['brands.yaml']);
    const { stringData } = z
      .object({ stringData: z.record(z.string(), z.string()) })
      .parse(objects.find(({ kind }) => kind === 'Secret'));
    const environment: Record<string, string> = {};
    for (const [name, text] of Object.entries(stringData)) {
      writeFileSync(join(secrets, name), text);
      environment[`${name}_FILE`] = join(secrets, name);
    }
    const config = await loadConfig(file, environment);
    expect(config).toMatchObject({
      streams: { group: 'live', kafka: { sasl: { password: 'made-up' } } },
      output: { authorKey: 'made-up' },
      api: { tokens: [{ name: 'ops' }] },
    });
    expect(await loadBrands(config.brands ?? '')).toMatchObject([{ id: 'acme' }]);
  });

  it('scales by the lag of the group and topic that the role reads', () => {
    const triggers = everything()
      .filter(({ kind }) => kind === 'ScaledObject')
      .map((object) => {
        const { spec } = z
          .looseObject({ spec: z.looseObject({ triggers: z.tuple([z.looseObject({})]) }) })
          .parse(object);
        return spec.triggers[0].metadata;
      });
    expect(triggers).toEqual([
      {
        bootstrapServers: 'kafka-0.kafka:9093,kafka-1.kafka:9093',
        consumerGroup: 'live.aggregate',
        topic: 'sentiment.scored',
        lagThreshold: '20000',
        offsetResetPolicy: 'earliest',
      },
      {
        bootstrapServers: 'kafka-0.kafka:9093,kafka-1.kafka:9093',
        consumerGroup: 'live.score',
        topic: 'posts.live',
        lagThreshold: '5000',
        offsetResetPolicy: 'earliest',
      },
    ]);
  });

  it('takes the values that docs/deploy.md shows', () => {
    const [, shown = ''] = /^```yaml\n(image: .*?)^```/ms.exec(readFileSync('docs/deploy.md', 'utf8')) ?? [];
    const values = join(temporaryFolder(), 'values.yaml');
    writeFileSync(values, shown);
    const kinds = new Set(rendered('--values', values).map(({ kind }) => kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['Deployment', 'Job', 'ScaledObject', 'NetworkPolicy']),
    );
    expect(JSON.stringify(rendered('--values', values))).toContain('SENTIFLUX_API_TOKENS_FILE');
  });

  it('starts no pod anew where only brands have changed', () => {
    const checksums = (...args: readonly string[]) =>
      JSON.stringify(rendered(...args).filter(({ kind }) => kind === 'Deployment'));
    expect(checksums('--set', 'brands[0].id=a,brands[0].name=A')).toBe(checksums());
    expect(checksums('--set', 'config.scoring.threads=3')).not.toBe(checksums());
  });
});

describe.skipIf(helm === '' || schemas === undefined || keda === undefined)(
  `what the Helm chart makes, by the schemas of Kubernetes and KEDA ${NEEDED}`,
  () => {
    it.each(VERSIONS)('is valid in Kubernetes %s', (version) => {
      const check = kubernetesCheck(join(schemas ?? '', `v${version}`));
      for (const object of [...rendered(), ...everything()]) {
        if (object.apiVersion.startsWith('monitoring.coreos.com/')) continue;
        const validate = object.kind === 'ScaledObject' ? kedaCheck(keda ?? '') : check(object);
        expect(
          validate(object) ? [] : messagesOf(validate.errors),
          `${object.kind} ${object.metadata.name}`,
        ).toEqual([]);
      }
    });

    it('is told of a field that is not there', () => {
      const check = kubernetesCheck(join(schemas ?? '', `v${VERSIONS.at(-1)}`));
      const [budget] = rendered().filter(({ kind }) => kind === 'PodDisruptionBudget');
      if (budget === undefined) throw new Error('there is a budget');
      expect(check(budget)({ ...budget, spec: { maxUnavailabel: 1 } })).toBe(false);
    });
  },
);

/** A validator of each kind; of the strict schemas, which refuse fields that they do not know. */
function kubernetesCheck(folder: string): (object: KubernetesObject) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(jsonFile(join(folder, '_definitions.json')), '_definitions.json');
  const known = new Map<string, ValidateFunction>();
  return ({ apiVersion, kind }) => {
    // `apps/v1` is `deployment-apps-v1.json`, `networking.k8s.io/v1` is `ingress-networking-v1.json`, `v1` is `service-v1.json`.
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : [undefined, apiVersion];
    const name = [kind.toLowerCase(), group?.split('.')[0], version].filter(Boolean).join('-');
    const validate = known.get(name) ?? ajv.compile(jsonFile(join(folder, `${name}.json`)));
    known.set(name, validate);
    return validate;
  };
}

function kedaCheck(folder: string): ValidateFunction {
  const crd = z
    .object({
      spec: z.object({
        versions: z.array(
          z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.looseObject({}) }) }),
        ),
      }),
    })
    .parse(parse(readFileSync(join(folder, 'keda.sh_scaledobjects.yaml'), 'utf8')));
  const { schema } = crd.spec.versions.find(({ name }) => name === 'v1alpha1') ?? {};
  if (schema === undefined) throw new Error('KEDA has no ScaledObject of v1alpha1');
  return new Ajv({ strict: false, validateFormats: false }).compile(strict(schema.openAPIV3Schema));
}

/** Kubernetes drops fields that a resource of its users does not name: here they are errors. */
function strict<Node>(node: Node): Node {
  if (Array.isArray(node)) return node.map(strict) as Node; // Of the same shape.
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, strict(value)]);
  const closed =
    'properties' in node &&
    !('additionalProperties' in node) &&
    !('x-kubernetes-preserve-unknown-fields' in node);
  // `metadata` names none of its fields.
  return Object.fromEntries(closed ? [...entries, ['additionalProperties', false]] : entries);
}

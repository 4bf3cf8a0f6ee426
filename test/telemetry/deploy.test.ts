import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricDefinitions } from '../../src/telemetry/instrument.js';
import '../../src/telemetry/instruments.js';
import { prometheusLabel, prometheusSeries } from '../../src/telemetry/prometheus-names.js';
import { NEEDED, tool } from '../deploy/tools.js';

const rulesSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Sentiflux\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
          annotations: z.strictObject({ summary: z.string(), what_to_do: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboardSchema = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) }),
  ),
});

const rules = rulesSchema
  .parse(parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')))
  .groups.flatMap((group) => group.rules);
const panels = dashboardSchema.parse(
  JSON.parse(readFileSync('deploy/grafana/sentiflux.json', 'utf8')),
).panels;
const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  // Grafana puts a duration in its place.
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [title, expr.replaceAll('$__rate_interval', '5m')] as const),
  ),
];

/** The labels of each series, and those that every series of a scrape has. */
const labelsOf = new Map(
  metricDefinitions().flatMap((definition) =>
    prometheusSeries(definition).map(
      (series) => [series, definition.attributes.map(prometheusLabel)] as const,
    ),
  ),
);
const SCRAPED = ['job', 'instance'];

/** What a query in PromQL names, by kind; Prometheus' own grammar for editors reads it. */
function namesIn(expr: string): {
  readonly metrics: string[];
  readonly labels: string[];
  readonly errors: string[];
} {
  const metrics: string[] = [];
  const labels: string[] = [];
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter({ name, type, from, to, node }) {
      const text = expr.slice(from, to);
      if (type.isError) errors.push(expr.slice(Math.max(0, from - 20), to + 20));
      else if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.push(text);
      else if (name === 'LabelName') labels.push(text);
    },
  });
  return { metrics, labels, errors };
}

describe('the alert rules and the dashboard', () => {
  it.each(queries)('%s is PromQL, and names metrics and labels that exist', (_, expr) => {
    const { metrics, labels, errors } = namesIn(expr);
    expect(errors).toEqual([]);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => name !== 'up' && !labelsOf.has(name))).toEqual([]);
    const known = [...SCRAPED, 'le', ...metrics.flatMap((name) => labelsOf.get(name) ?? [])];
    expect(labels.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('what an alert says names labels that its query leaves', () => {
    for (const { alert, expr, annotations } of rules) {
      const { metrics, labels } = namesIn(expr);
      const isGrouped = /\bby \(/.test(expr);
      const left = isGrouped ? labels : [...SCRAPED, ...metrics.flatMap((name) => labelsOf.get(name) ?? [])];
      const named = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      expect(left, alert).toEqual(expect.arrayContaining(named));
    }
  });

  it('show every metric that tells of the pipeline somewhere', () => {
    const shown = new Set(queries.flatMap(([, expr]) => namesIn(expr).metrics));
    const hidden = metricDefinitions().filter(
      (definition) => !prometheusSeries(definition).some((series) => shown.has(series)),
    );
    expect(hidden.map(({ name }) => name)).toEqual([
      'sentiflux.tokens.scored',
      'sentiflux.engine.fallbacks',
      'sentiflux.model.swaps',
      'nodejs.eventloop.delay.mean',
      'nodejs.eventloop.delay.max',
    ]);
  });
});

const promtool = tool('promtool') ?? 'promtool';
const hasPromtool = spawnSync(promtool, ['--version']).status === 0;

describe.skipIf(!hasPromtool)(`Prometheus' own tool ${NEEDED}`, () => {
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };

  it('takes the alert rules', () => {
    expect(run('check', 'rules', 'deploy/prometheus/alerts.yaml')).toMatchObject({
      status: 0,
      output: expect.stringContaining(`${rules.length} rules found`),
    });
  });

  it('sees each rule fire at what it is for, and none at a worker that keeps up', () => {
    const tests = 'test/telemetry/alerts.promtool.yaml';
    expect(run('test', 'rules', tests)).toMatchObject({
      status: 0,
      output: expect.stringContaining('SUCCESS'),
    });
    const text = readFileSync(tests, 'utf8');
    for (const { alert } of rules) expect(text).toContain(`alertname="${alert}"`);
  });
});

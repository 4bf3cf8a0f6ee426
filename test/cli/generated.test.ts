import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { asyncApi } from '../../src/cli/async-api.js';
import { configurationPage, topicSchemas } from '../../src/cli/generated.js';
import { telemetryPage } from '../../src/cli/metrics-table.js';

describe('what is made from the code (npm run generate)', () => {
  it('docs/configuration.md is up to date', () => {
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationPage());
  });

  it('the table in docs/telemetry.md is up to date', () => {
    const page = readFileSync('docs/telemetry.md', 'utf8');
    expect(page).toBe(telemetryPage(page));
  });

  it('schemas/asyncapi.yaml is up to date', () => {
    expect(parse(readFileSync('schemas/asyncapi.yaml', 'utf8'))).toEqual(asyncApi());
  });

  it.each(Object.entries(topicSchemas()))('schemas/%s is up to date', (file, schema) => {
    expect(JSON.parse(readFileSync(`schemas/${file}`, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });
});

// Writes what is made from the code: docs/configuration.md, the table in docs/telemetry.md, schemas/*.json and
// schemas/asyncapi.yaml. A test
// holds them to it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { asyncApi } from '../dist/cli/async-api.js';
import { configurationPage, topicSchemas } from '../dist/cli/generated.js';
import { telemetryPage } from '../dist/cli/metrics-table.js';

mkdirSync('schemas', { recursive: true });
writeFileSync('docs/configuration.md', configurationPage());
writeFileSync('docs/telemetry.md', telemetryPage(readFileSync('docs/telemetry.md', 'utf8')));
// No anchors: what is the same twice is written twice.
writeFileSync(
  'schemas/asyncapi.yaml',
  stringify(asyncApi(), { aliasDuplicateObjects: false, lineWidth: 110 }),
);
for (const [file, schema] of Object.entries(topicSchemas())) {
  writeFileSync(`schemas/${file}`, `${JSON.stringify(schema, null, 2)}\n`);
}

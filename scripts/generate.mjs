// Writes what is made from the code: docs/configuration.md and schemas/*.json. A test holds them to it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { configurationPage, topicSchemas } from '../dist/cli/generated.js';

mkdirSync('schemas', { recursive: true });
writeFileSync('docs/configuration.md', configurationPage());
for (const [file, schema] of Object.entries(topicSchemas())) {
  writeFileSync(`schemas/${file}`, `${JSON.stringify(schema, null, 2)}\n`);
}

// Writes sbom.cdx.json: what an installation holds, as CycloneDX, from package-lock.json.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
const bill = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 1 << 27 }));
// npm names the package by its folder.
bill.metadata.component.name = JSON.parse(readFileSync('package.json', 'utf8')).name;

// `--omit dev` would leave out what some other package needs for its own development, such as commander.
const isForBuilding = ({ properties = [] }) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
bill.components = bill.components.filter((component) => !isForBuilding(component));
const kept = new Set([bill.metadata.component, ...bill.components].map((component) => component['bom-ref']));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));

writeFileSync('sbom.cdx.json', `${JSON.stringify(bill, null, 2)}\n`);
console.log(`sbom.cdx.json: ${bill.components.length} components`);

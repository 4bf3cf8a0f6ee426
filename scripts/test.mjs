// `make test`: checks, then every test; ends with a line `N passed, N failed[, N skipped]`.
// Exit status 1 when a check or a test fails, or when nothing ran.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (command, args) => spawnSync(command, args, { stdio: 'inherit' }).status ?? 1;

const checked = run('npm', ['run', '--silent', 'check']);
const folder = mkdtempSync(join(tmpdir(), 'sentiflux-test-'));
const report = join(folder, 'report.json');
run('npx', [
  '--no-install',
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);

// Without a report nothing ran: that is a failure too.
let counts = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, success: false, testResults: [] };
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('the tests ended without a report; see the lines above');
}
rmSync(folder, { recursive: true });
// A file that cannot even be loaded fails without a failed test in it.
const broken = counts.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
).length;
const failed = counts.numFailedTests + broken + (checked === 0 ? 0 : 1);
if (checked !== 0)
  console.error('the checks (format, lint, types, imports) failed; see the first lines above');
const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : '';
console.log(`\n${counts.numPassedTests} passed, ${failed} failed${skipped}`);
process.exit(failed === 0 && counts.success && counts.numPassedTests > 0 ? 0 : 1);

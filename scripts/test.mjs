// `make test`: checks, then every test, then the short form of the fault suite; ends with a line
// `N passed, N failed[, N skipped]`. Exit status 1 when a check or a test fails, or when nothing ran.
//
//   node scripts/test.mjs [ARGUMENTS OF VITEST]   only these tests, without the fault suite
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (command, args) => spawnSync(command, args, { stdio: 'inherit' }).status ?? 1;

const checked = run('npm', ['run', '--silent', 'check']);
const folder = mkdtempSync(join(tmpdir(), 'sentiflux-test-'));
const asked = process.argv.slice(2);
const suites = [vitest('vitest.config.ts', asked)];
if (asked.length === 0) suites.push(vitest('vitest.faults.config.ts', []));
rmSync(folder, { recursive: true });

/** Runs the tests of a configuration, and counts them. */
function vitest(config, args) {
  const report = join(folder, `${config}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  run('npx', ['--no-install', 'vitest', 'run', '--config', config, ...reporters, ...args]);
  try {
    const { numPassedTests, numFailedTests, numPendingTests, success, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    // A file that cannot even be loaded fails without a failed test in it.
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    ).length;
    return { passed: numPassedTests, failed: numFailedTests + broken, skipped: numPendingTests, success };
  } catch {
    // Without a report nothing ran: that is a failure too.
    console.error(`the tests of ${config} ended without a report; see the lines above`);
    return { passed: 0, failed: 1, skipped: 0, success: false };
  }
}

const sum = (count) => suites.reduce((total, suite) => total + suite[count], 0);
const failed = sum('failed') + (checked === 0 ? 0 : 1);
if (checked !== 0)
  console.error('the checks (format, lint, types, imports) failed; see the first lines above');
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`\n${sum('passed')} passed, ${failed} failed${skipped}`);
process.exit(failed === 0 && suites.every(({ success, passed }) => success && passed > 0) ? 0 : 1);

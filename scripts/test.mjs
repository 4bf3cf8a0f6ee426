// `make test`: checks, then every test, then the short form of the fault suite; ends with a line
// `N passed, N failed[, N skipped]`. Exit status 1 when a check or a test fails, or when nothing ran.
//
//   node scripts/test.mjs [ARGUMENTS OF VITEST]   only these tests, without the fault suite
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

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
    const failures = testResults.flatMap(failuresOf);
    // A file that cannot even be loaded fails without a failed test in it.
    const failed = Math.max(numFailedTests, failures.length);
    return { passed: numPassedTests, failed, skipped: numPendingTests, success, failures };
  } catch {
    // Without a report nothing ran: that is a failure too.
    console.error(`the tests of ${config} ended without a report; see the lines above`);
    return { passed: 0, failed: 1, skipped: 0, success: false, failures: [] };
  }
}

/** What failed in a file of tests, as lines: logs that keep only their end must name it too. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = relative('.', name);
  const tests = assertionResults.filter((test) => test.status === 'failed');
  if (status === 'failed' && tests.length === 0) return [`${file}: ${firstLines(message)}`];
  return tests.map(
    ({ fullName, failureMessages }) => `${file}: ${fullName}\n${firstLines(failureMessages.join('\n'))}`,
  );
}

function firstLines(text) {
  return text
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}

const sum = (count) => suites.reduce((total, suite) => total + suite[count], 0);
const failed = sum('failed') + (checked === 0 ? 0 : 1);
if (checked !== 0)
  console.error('the checks (format, lint, types, imports) failed; see the first lines above');
for (const failure of suites.flatMap(({ failures }) => failures)) console.error(`\nfailed: ${failure}`);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`\n${sum('passed')} passed, ${failed} failed${skipped}`);
process.exit(failed === 0 && suites.every(({ success, passed }) => success && passed > 0) ? 0 : 1);

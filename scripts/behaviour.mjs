// `make behaviour`: the failure rates of the behaviour cases as a Markdown table.
//
//   MODEL=DIR             a bundle instead of the shipped one
//   PRECISION=float32     instead of int8
//   FAILED=1              lists the failed cases, with the probabilities of negative, neutral and positive in %
//   FLOORS=1              prints test/behaviour/floors.yaml for this model instead of the table
import { scorerConfig } from '../dist/cli/scorer-options.js';
import {
  behaviourTable,
  describeFailure,
  failureRates,
  testBehaviour,
} from '../dist/evaluation/behaviour.js';
import { readBehaviourCases } from '../dist/evaluation/behaviour-cases.js';
import { openScorer } from '../dist/pipelines/scorer.js';

const { MODEL: model, PRECISION: precision, FAILED, FLOORS } = process.env;
const cases = await readBehaviourCases('test/behaviour/cases');
const scorer = await openScorer({ config: await scorerConfig({ model, precision }), brands: [], threads: 1 });
const results = await testBehaviour(cases, scorer).finally(() => scorer.close());
if (FAILED === '1') {
  for (const result of results.filter(({ verdict }) => verdict.kind === 'failed')) {
    console.log(`${describeFailure(result)}\n`);
  }
}
console.log(FLOORS === '1' ? floors() : behaviourTable(results));

/** A floor lies five points below what passes, or one case where that is more: int8 moves with its batch. */
function floors() {
  const byKind = {};
  for (const { kind, language, cases: count, failed } of failureRates(results)) {
    const room = Math.max(5, 100 / count);
    byKind[kind] ??= {};
    byKind[kind][language] = Math.max(0, Math.floor((100 * (count - failed)) / count - room));
  }
  const lines = Object.keys(byKind)
    .sort()
    .map((kind) => {
      const places = Object.entries(byKind[kind]).map(([language, floor]) => `${language}: ${floor}`);
      return `${kind}: { ${places.join(', ')} }`;
    });
  return [
    '# Least share of cases that the shipped model must pass, in percent: `FLOORS=1 make behaviour` prints them.',
    '',
    ...lines,
  ].join('\n');
}

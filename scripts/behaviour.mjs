// `make behaviour`: the failure rates of the behaviour cases as a Markdown table.
//
//   MODEL=DIR             a bundle instead of the shipped one
//   PRECISION=float32     instead of int8
//   FAILED=1              lists the failed cases, with the probabilities of negative, neutral and positive in %
import { scorerConfig } from '../dist/cli/scorer-options.js';
import { behaviourTable, describeFailure, testBehaviour } from '../dist/evaluation/behaviour.js';
import { readBehaviourCases } from '../dist/evaluation/behaviour-cases.js';
import { openScorer } from '../dist/pipelines/scorer.js';

const { MODEL: model, PRECISION: precision, FAILED } = process.env;
const cases = await readBehaviourCases('test/behaviour/cases');
const scorer = await openScorer({ config: await scorerConfig({ model, precision }), brands: [], threads: 1 });
const results = await testBehaviour(cases, scorer).finally(() => scorer.close());
if (FAILED === '1') {
  for (const result of results.filter(({ verdict }) => verdict.kind === 'failed')) {
    console.log(`${describeFailure(result)}\n`);
  }
}
console.log(behaviourTable(results));

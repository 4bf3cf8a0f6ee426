// Scores texts in your own program: no service, no port.
import { createScorer } from 'sentiflux';

const scorer = await createScorer({ brands: [{ id: 'acme', name: 'Acme', keywords: ['Acme'] }] });

const outcomes = await scorer.score([
  'The new camera of Acme is a joy 😍',
  '客服态度太差了，再也不买了',
  { text: 'The food was not good', explain: true },
  '   ',
]);
for (const outcome of outcomes) {
  if (outcome.kind === 'rejected') {
    console.log(outcome.code, outcome.message);
    continue;
  }
  const { label, confidence, language, brands, explanation = [] } = outcome.score;
  const words = explanation.filter(({ weight }) => weight > 1).map(({ text }) => text);
  console.log(label, confidence.toFixed(2), language, brands.join(), words.join());
}

await scorer.close();

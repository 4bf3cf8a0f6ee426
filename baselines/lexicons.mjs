// What three word lists from npm say of English posts: a score, below 0 for negative, that does not grow with the
// post's length. `cut` is from where on their own documentation calls a post positive or negative.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { SentimentIntensityAnalyzer } = require('vader-sentiment');
const winkSentiment = require('wink-sentiment');
const Sentiment = require('sentiment');

const sentiment = new Sentiment();

export const LEXICONS = [
  {
    name: 'VADER',
    cut: 0.05,
    score: (text) => SentimentIntensityAnalyzer.polarity_scores(text).compound,
  },
  { name: 'wink-sentiment', cut: 0, score: (text) => winkSentiment(text).normalizedScore },
  { name: 'sentiment', cut: 0, score: (text) => sentiment.analyze(text).comparative },
];

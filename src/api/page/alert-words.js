import { clockTime, count, say, share, signed } from './words.js';

/** @import { Alert, AlertMeasure } from './types.js' */

/** @param {AlertMeasure} measure @returns {(value: number) => string} */
function unitOf(measure) {
  if (measure === 'negative_share') return (value) => share(value, 1);
  return measure === 'polarity' ? signed : count;
}

const NAMES = /** @type {const} */ ({
  volume: 'measureVolume',
  negative_count: 'measureNegativeCount',
  negative_share: 'measureNegativeShare',
  polarity: 'measurePolarity',
});

/** A value of what the rule measures. @param {Alert} alert @param {number} value */
export const inItsUnit = ({ measure = 'negative_count' }, value) => unitOf(measure)(value);

/** What was seen and what was expected. @param {Alert} alert */
export function alertSentence(alert) {
  const { measure = 'negative_count', observed, expected } = alert;
  const isCount = measure === 'volume' || measure === 'negative_count';
  return say(isCount ? 'alertSaid' : 'alertSaidOne', {
    of: say(NAMES[measure]),
    observed: inItsUnit(alert, observed),
    expected: inItsUnit(alert, expected),
  });
}

/** Whether it fires still, and since when not. @param {Alert} alert */
export function alertState({ state, resolvedAt, resolution }) {
  if (state === 'firing' || resolvedAt === undefined) return say('stateFiring');
  const time = clockTime(resolvedAt, 'minute');
  return say(resolution === 're-baselined' ? 'stateRebaselined' : 'stateResolved', { time });
}

/** How often chance alone would do this. @param {number} pValue */
export function chanceSaid(pValue) {
  return pValue < 1e-9 ? say('chanceHardly') : say('chanceOf', { times: count(Math.round(1 / pValue)) });
}

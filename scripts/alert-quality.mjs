// Measures the alert rules on simulated feeds: false alerts a brand and month, and how soon surges are seen beside
// an ideal test that knows the rate and the distribution. Prints Markdown tables; needs `npm run build` first.
//
//   QUALITY_SEED=2026      of the feeds; the constants of the method were settled on other seeds
//   QUALITY_MONTHS=10      simulated months of each kind of feed, of which there are twenty
//   QUALITY_TRIALS=200     surges of each kind
//   QUALITY_SENSITIVITY=medium
import { observations } from '../dist/alerting/backtest.js';
import { ruleTestOf } from '../dist/alerting/detectors/rule-test.js';
import { negativeBinomialTail } from '../dist/alerting/detectors/special-functions.js';
import { observe } from '../dist/alerting/observe.js';
import { alertRuleSchema } from '../dist/config/schema.js';

const SEED = Number(process.env.QUALITY_SEED ?? 2026);
const MONTHS = Number(process.env.QUALITY_MONTHS ?? 10);
const TRIALS = Number(process.env.QUALITY_TRIALS ?? 200);
const SENSITIVITY = process.env.QUALITY_SENSITIVITY ?? 'medium';

const WINDOW = 300_000;
const WINDOWS_A_DAY = 288;
const WINDOWS_AN_HOUR = 12;
const MONTH_DAYS = 30;
const SURGE_WINDOWS = 2;
const GROWTH = 3;
/** Surges come when a rule has known the brand for so long. */
const KNOWN_DAYS = 10;
const NEGATIVE = 0.25;
const POSITIVE = 0.25;
const WEEKEND = 0.7;
const RATES = [20, 200, 600, 3_000, 20_000];
const DISPERSIONS = [Number.POSITIVE_INFINITY, 20];
const SWINGS = [0.3, 0.8];
const START = Date.UTC(2026, 0, 5);
const RULES = ['negative_count', 'negative_share', 'volume', 'polarity'].map((measure) =>
  watched(alertRuleSchema.parse({ name: measure.replace('_', '-'), measure, sensitivity: SENSITIVITY })),
);
const [NEGATIVE_COUNT] = RULES;

console.log(`Seed ${SEED}, sensitivity ${SENSITIVITY}.\n`);
falseAlerts();
surges();

function watched(rule) {
  return { brand: 'simulated', tier: rule.tier, test: ruleTestOf(rule), isSilenced: () => false };
}

function falseAlerts() {
  console.log(`False alerts a brand and month, ${MONTHS} months of each kind, from the first post on:\n`);
  console.log(`| feed | daily swing | ${RATES.map((rate) => `${rate}/h`).join(' | ')} |`);
  console.log(`| --- | --- |${RATES.map(() => ' --- |').join('')}`);
  const byRule = new Map();
  let [total, months] = [0, 0];
  for (const size of DISPERSIONS) {
    for (const swing of SWINGS) {
      const cells = RATES.map((rate) => {
        let alerts = 0;
        for (let month = 0; month < MONTHS; month += 1) {
          const series = feed({
            rate,
            size,
            swing,
            days: MONTH_DAYS,
            seed: seedOf(rate, size, swing, month),
          });
          for (const rule of RULES) {
            const fired = observations(rule, series).filter(({ event }) => event?.state === 'firing').length;
            byRule.set(rule.test.name, (byRule.get(rule.test.name) ?? 0) + fired);
            alerts += fired;
          }
        }
        total += alerts;
        months += MONTHS;
        return (alerts / MONTHS).toFixed(2);
      });
      console.log(`| ${nameOf(size)} | ±${100 * swing} % | ${cells.join(' | ')} |`);
    }
  }
  const rules = [...byRule].map(([name, alerts]) => `${name} ${alerts}`).join(', ');
  console.log(
    `\nAll: ${total} in ${months} months (${rules}); upper 95 % bound ${(upperBound(total) / months).toFixed(2)} a month.\n`,
  );
}

function surges() {
  console.log(
    `Surges of ${GROWTH} times the negative posts seen within ${SURGE_WINDOWS} windows, in percent, and by the ideal test with the same p-value; the rate is that of the hour:\n`,
  );
  console.log('| posts an hour | Poisson | ideal | negative binomial, r = 20 | ideal |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const rate of [20, 60, 100, 200, 300, 600, 1_000, 3_000, 20_000]) {
    const cells = DISPERSIONS.flatMap((size) => surgesSeen(rate, size)).map((part) =>
      (100 * part).toFixed(1),
    );
    console.log(`| ${rate} | ${cells.join(' | ')} |`);
  }
}

function surgesSeen(rate, size) {
  const days = KNOWN_DAYS + 10;
  const seed = seedOf(rate, size, 0, 999);
  const series = feed({ rate, size, swing: 0, weekend: 1, days, seed });
  const states = observations(NEGATIVE_COUNT, series).map(({ state }) => state);
  const random = seededRandom(seed + 1);
  const { widths, lagWindows, pThreshold, minPosts } = NEGATIVE_COUNT.test;
  let [seen, ideal, trials] = [0, 0, 0];
  while (trials < TRIALS) {
    const at = Math.floor((KNOWN_DAYS + random() * (days - KNOWN_DAYS)) * WINDOWS_A_DAY) - SURGE_WINDOWS;
    let state = states[at - 1];
    if (state.phase.kind !== 'quiet') continue;
    trials += 1;
    const from = at - lagWindows - widths;
    const slots = series.slots.slice(from, at);
    let [isSeen, isIdeal, sum, mean] = [false, false, 0, 0];
    for (let window = 0; window < SURGE_WINDOWS; window += 1) {
      const usual = rate / WINDOWS_AN_HOUR;
      slots.push(slotOf(usual, size, random, GROWTH));
      const local = { start: START + from * WINDOW, windowMillis: WINDOW, slots };
      const next = observe(NEGATIVE_COUNT, state, local, slots.length - 1, local.start);
      state = next.state;
      isSeen ||= next.event?.state === 'firing';
      const { negative } = slots.at(-1);
      sum += negative;
      mean += NEGATIVE * usual;
      const r = Math.min(size, 1e7);
      isIdeal ||=
        (negative >= minPosts && negativeBinomialTail(negative, NEGATIVE * usual, r) <= pThreshold) ||
        (sum >= minPosts && negativeBinomialTail(sum, mean, r * (window + 1)) <= pThreshold);
    }
    if (isSeen) seen += 1;
    if (isIdeal) ideal += 1;
  }
  return [seen / trials, ideal / trials];
}

/** Windows of a brand: posts an hour on the mean, a swing over the day, fewer at the weekend. */
function feed({ rate, size, swing, weekend = WEEKEND, days, seed }) {
  const random = seededRandom(seed);
  const slots = Array.from({ length: days * WINDOWS_A_DAY }, (_, index) =>
    slotOf(meanAt(rate, swing, weekend, index), size, random, 1),
  );
  return { start: START, windowMillis: WINDOW, slots };
}

function meanAt(rate, swing, weekend, index) {
  const day = index / WINDOWS_A_DAY;
  const part = Math.floor(day) % 7 >= 5 ? weekend : 1;
  return (rate / WINDOWS_AN_HOUR) * part * (1 + swing * Math.sin(2 * Math.PI * (day - 0.3)));
}

/** Counts of independent posts, or of posts that come in bursts of the whole window: a gamma mixture. */
function slotOf(mean, size, random, growth) {
  const lambda = Number.isFinite(size) ? (mean * gamma(size, random)) / size : mean;
  const negative = poisson(lambda * NEGATIVE * growth, random);
  const positive = poisson(lambda * POSITIVE, random);
  const neutral = poisson(lambda * (1 - NEGATIVE - POSITIVE), random);
  return {
    posts: negative + positive + neutral,
    negative,
    positive,
    polaritySum: 0.8 * (positive - negative),
    complete: true,
    byModel: {},
    bySource: {},
  };
}

function nameOf(size) {
  return Number.isFinite(size) ? `negative binomial, r = ${size}` : 'Poisson';
}

function seedOf(...parts) {
  return parts.reduce(
    (seed, part) => Math.imul(seed ^ Math.round(1_000 * Math.min(part, 1e6)), 0x9e3779b1) >>> 0,
    SEED,
  );
}

/** Upper 95 % bound of a Poisson count's mean (Garwood 1936), by bisection. */
function upperBound(count) {
  let [low, high] = [count, 2 * count + 10];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    // P(X ≤ count) = 5 % at the bound.
    if (1 - negativeBinomialTail(count + 1, middle, 1e9) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** mulberry32 */
function seededRandom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Marsaglia and Tsang 2000, for shapes of 1 or more. */
function gamma(shape, random) {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Halves a large mean by gamma order statistics (Ahrens and Dieter 1974); multiplies uniforms for a small one. */
function poisson(mean, random) {
  let [count, rest] = [0, mean];
  while (rest > 30) {
    const events = Math.floor(rest * 0.875);
    const time = gamma(events, random);
    if (time > rest) return count + binomial(events - 1, rest / time, random);
    count += events;
    rest -= time;
  }
  const limit = Math.exp(-rest);
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

function binomial(trials, share, random) {
  let count = 0;
  for (let i = 0; i < trials; i += 1) if (random() < share) count += 1;
  return count;
}

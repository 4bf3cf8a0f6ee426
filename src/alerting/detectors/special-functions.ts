/**
 * Tails of the distributions that counts of posts have. No library: those with types bring dozens of packages for
 * these few functions.
 */

/** Lanczos' coefficients for g = 7, n = 9 (Godfrey 2001): relative error below 1e-14 for positive arguments. */
const LANCZOS_FIRST = 0.999_999_999_999_809_93;
const LANCZOS = [
  676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_13, -176.615_029_162_140_59,
  12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6, 1.505_632_735_149_311_6e-7,
];
/** Below it a term no longer changes a double. */
const TINY = 1e-300;
const EPSILON = 1e-15;
const MOST_STEPS = 20_000;

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const t = shifted + 7.5;
  const sum = LANCZOS.reduce(
    (total, coefficient, i) => total + coefficient / (shifted + i + 1),
    LANCZOS_FIRST,
  );
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** ln B(a, b) for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/**
 * The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (Press et al., Numerical
 * Recipes, 3rd edition, 6.4), with the symmetry I_x(a, b) = 1 − I_{1−x}(b, a) where that converges faster.
 */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const nonZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_STEPS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < EPSILON) break;
  }
  return fraction;
}

/**
 * P(X ≥ count) for a negative binomial with this mean and size: variance = mean + mean² / size. Poisson's tail is
 * its limit for a large size. Counts need not be whole.
 */
export function negativeBinomialTail(count: number, mean: number, size: number): number {
  if (count <= 0) return 1;
  if (mean <= 0) return 0;
  return regularisedBeta(mean / (mean + size), count, size);
}

/**
 * P(X ≥ count) for a beta-binomial of `trials` with a mean share and the correlation ρ of two trials: variance =
 * n p (1 − p) (1 + (n − 1) ρ). With ρ = 0 it is the binomial. Summed outwards from `count`, term by term.
 */
export function betaBinomialTail(count: number, trials: number, share: number, correlation: number): number {
  const from = Math.ceil(count);
  if (from <= 0) return 1;
  if (from > trials || share <= 0) return 0;
  if (share >= 1) return 1;
  if (correlation < 1e-9) return regularisedBeta(share, from, trials - from + 1);
  const strength = 1 / correlation - 1;
  const [a, b] = [share * strength, (1 - share) * strength];
  let term = Math.exp(
    -Math.log(trials + 1) -
      logBeta(from + 1, trials - from + 1) +
      logBeta(from + a, trials - from + b) -
      logBeta(a, b),
  );
  let sum = 0;
  for (let k = from; k <= trials; k += 1) {
    sum += term;
    if (k > trials * share && term < sum * EPSILON) break;
    // P(k + 1) / P(k)
    term *= ((trials - k) * (k + a)) / ((k + 1) * (trials - k - 1 + b));
  }
  return Math.min(1, sum);
}

/** P(Z ≥ z) of the standard normal: Numerical Recipes' erfc (3rd edition, 6.2.2), relative error below 1.2e-7. */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 2 / (2 + x);
  const series = ERFC.reduce((sum, coefficient) => sum * t + coefficient, 0);
  const upper = 0.5 * t * Math.exp(-x * x + series);
  return z >= 0 ? upper : 1 - upper;
}

/** From the highest power of t down. */
const ERFC = [
  0.170_872_77, -0.822_152_23, 1.488_515_87, -1.135_203_98, 0.278_868_07, -0.186_288_06, 0.096_784_18,
  0.374_091_96, 1.000_023_68, -1.265_512_23,
];

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  betaBinomialTail,
  logGamma,
  negativeBinomialTail,
  normalTail,
  regularisedBeta,
} from '../../src/alerting/detectors/special-functions.js';

const near = (value: number, exact: number): void => {
  expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-9 * Math.max(exact, 1e-12));
};
/** Γ by its recurrence, from a value so large that Stirling's series is exact to a double. */
function logGammaByRecurrence(x: number): number {
  let [argument, shift] = [x, 0];
  for (; argument < 30; argument += 1) shift += Math.log(argument);
  const stirling =
    (argument - 0.5) * Math.log(argument) - argument + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * argument);
  return stirling - 1 / (360 * argument ** 3) + 1 / (1_260 * argument ** 5) - shift;
}

/** Sum of the probabilities from `count` on, each from the one before it. */
function sumFrom(count: number, last: number, first: number, ratio: (k: number) => number): number {
  let [term, sum] = [first, 0];
  for (let k = 0; k <= last; k += 1) {
    if (k >= count) sum += term;
    term *= ratio(k);
  }
  return sum;
}

describe('logGamma', () => {
  it('is the logarithm of the factorial', () => {
    expect(logGamma(1)).toBeCloseTo(0, 12);
    expect(logGamma(5)).toBeCloseTo(Math.log(24), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
  });

  it('agrees with the recurrence', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e6, noNaN: true }), (x) => {
        const exact = logGammaByRecurrence(x);
        expect(Math.abs(logGamma(x) - exact)).toBeLessThan(1e-10 * Math.max(1, Math.abs(exact)));
      }),
    );
  });
});

describe('regularisedBeta', () => {
  it('grows from 0 to 1, and is the other half of its mirror image', () => {
    const shape = fc.double({ min: 0.05, max: 500, noNaN: true });
    const point = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
    fc.assert(
      fc.property(point, shape, shape, (x, a, b) => {
        const value = regularisedBeta(x, a, b);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
        expect(value + regularisedBeta(1 - x, b, a)).toBeCloseTo(1, 8);
      }),
    );
  });
});

describe('the tail of the negative binomial', () => {
  it('agrees with the sum of its probabilities', () => {
    const mean = fc.double({ min: 0.1, max: 60, noNaN: true });
    const size = fc.double({ min: 0.5, max: 200, noNaN: true });
    fc.assert(
      fc.property(mean, size, fc.integer({ min: 0, max: 120 }), (m, r, count) => {
        const p = m / (m + r);
        const exact = sumFrom(count, 6_000, (1 - p) ** r, (k) => ((k + r) / (k + 1)) * p);
        near(negativeBinomialTail(count, m, r), exact);
      }),
    );
  });

  it("is Poisson's for a large size", () => {
    const exact = sumFrom(20, 400, Math.exp(-5), (k) => 5 / (k + 1));
    expect(negativeBinomialTail(20, 5, 1e8) / exact).toBeCloseTo(1, 4);
  });

  it('is certain of no posts, and sees none where none are expected', () => {
    expect(negativeBinomialTail(0, 3, 20)).toBe(1);
    expect(negativeBinomialTail(1, 0, 20)).toBe(0);
  });
});

describe('the tail of the beta-binomial', () => {
  it('agrees with the sum of its probabilities', () => {
    const share = fc.double({ min: 0.02, max: 0.98, noNaN: true });
    const correlation = fc.double({ min: 0.001, max: 0.5, noNaN: true });
    const trials = fc.integer({ min: 1, max: 150 });
    fc.assert(
      fc.property(trials, share, correlation, fc.nat({ max: 150 }), (n, p, rho, k) => {
        const count = Math.min(k, n);
        const [a, b] = [p * (1 / rho - 1), (1 - p) * (1 / rho - 1)];
        let none = 1;
        for (let i = 0; i < n; i += 1) none *= (b + i) / (a + b + i);
        fc.pre(none > 1e-280);
        const exact = sumFrom(count, n, none, (i) => ((n - i) * (i + a)) / ((i + 1) * (n - i - 1 + b)));
        near(betaBinomialTail(count, n, p, rho), Math.min(1, exact));
      }),
    );
  });

  it('is the binomial without correlation', () => {
    expect(betaBinomialTail(10, 10, 0.5, 0)).toBeCloseTo(1 / 1_024, 12);
    expect(betaBinomialTail(9, 10, 0.5, 0)).toBeCloseTo(11 / 1_024, 12);
  });
});

describe('the tail of the normal', () => {
  it.each([
    [0, 0.5],
    [1.959963985, 0.025],
    [-1.959963985, 0.975],
    [4.264890794, 1e-5],
  ])('beyond %d is %d', (z, tail) => expect(normalTail(z) / tail).toBeCloseTo(1, 5));
});

import { describe, expect, it } from 'vitest';
import { fitTemperature, type Prediction } from '../../src/training/calibrate.js';

/** Predictions whose top label has a probability of `confidence`, of which `right` of ten are right. */
function tenOf(confidence: number, right: number, twoClass: boolean): readonly Prediction[] {
  const others = twoClass ? 1 : 2;
  const lead = Math.log(confidence / ((1 - confidence) / others));
  return Array.from({ length: 10 }, (_, i) => ({
    label: i < right ? 2 : 0,
    twoClass,
    logits: [0, twoClass ? 9 : 0, lead],
  }));
}

describe('fitTemperature', () => {
  it('leaves probabilities alone that are as often right as they say', () => {
    expect(fitTemperature(tenOf(0.8, 8, true))).toBeCloseTo(1, 6);
  });

  it('cools a network that is too sure, to where its confidence is its accuracy', () => {
    const temperature = fitTemperature(tenOf(0.95, 7, true));
    const lead = Math.log(0.95 / 0.05);
    expect(1 / (1 + Math.exp(-lead / temperature))).toBeCloseTo(0.7, 6);
  });

  it('warms one that is not sure enough', () => {
    expect(fitTemperature(tenOf(0.6, 9, true))).toBeLessThan(1);
  });

  it('stays within bounds where every prediction is right', () => {
    expect(fitTemperature(tenOf(0.9, 10, false))).toBeCloseTo(0.25, 2);
  });
});

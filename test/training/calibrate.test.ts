import { describe, expect, it } from 'vitest';
import { calibrate, fitTemperature, type Prediction } from '../../src/training/calibrate.js';

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

describe('calibrate', () => {
  const set = (language: string | undefined, tens: number, confidence: number, right: number) => ({
    language,
    predictions: Array.from({ length: tens }, () => tenOf(confidence, right, true)).flat(),
  });
  const temperatureOf = (confidence: number, right: number) => fitTemperature(tenOf(confidence, right, true));

  it('gives each language with enough rows its own temperature', () => {
    const { languages } = calibrate([set('en', 30, 0.95, 7), set('zh', 20, 0.6, 9), set('zh', 20, 0.6, 9)]);
    expect(languages).toEqual({
      en: expect.closeTo(temperatureOf(0.95, 7), 4),
      zh: expect.closeTo(temperatureOf(0.6, 9), 4),
    });
  });

  it('gives languages with few rows one together, where together they are enough', () => {
    const few = [set('it', 10, 0.95, 7), set('pt', 20, 0.95, 7)];
    const together = expect.closeTo(temperatureOf(0.95, 7), 4);
    expect(calibrate(few).languages).toEqual({ it: together, pt: together });
    expect(calibrate([set('it', 10, 0.95, 7)]).languages).toEqual({});
  });

  it('fits the one for all others to every set, those without a language among them', () => {
    expect(calibrate([set(undefined, 1, 0.95, 7)])).toEqual({
      temperature: expect.closeTo(temperatureOf(0.95, 7), 4),
      languages: {},
    });
  });
});

import { describe, expect, it } from 'vitest';
import { drawLossCurve, type LossCurve } from '../../src/training/loss-curve.js';

const curve: LossCurve = {
  title: 'models/mine <1 & 2>',
  losses: Array.from({ length: 20 }, (_, i) => ({ step: 50 * (i + 1), loss: 1.1 - 0.03 * i })),
  recalls: [
    { step: 500, recall: 0.612 },
    { step: 1000, recall: 0.655 },
  ],
};

/** The points of a line, as numbers. */
function points(svg: string, name: string): readonly (readonly number[])[] {
  const list = new RegExp(`class="${name}" points="([^"]*)"`).exec(svg)?.[1] ?? '';
  return list.split(' ').map((point) => point.split(',').map(Number));
}

/** Heights of a class of points, 0 at the top. */
function heights(svg: string, name: string): readonly number[] {
  return points(svg, name).map(([, y]) => y ?? Number.NaN);
}

describe('drawLossCurve', () => {
  it('draws a falling loss downwards and a rising recall upwards', () => {
    const svg = drawLossCurve(curve);
    const loss = heights(svg, 'loss');
    expect(loss).toHaveLength(20);
    expect(loss).toEqual([...loss].sort((a, b) => a - b));
    const [first, second] = heights(svg, 'recall');
    expect(second).toBeLessThan(first ?? 0);
    expect(svg.match(/<circle/g)).toHaveLength(2);
  });

  it('smooths the loss', () => {
    const losses = curve.losses.map(({ step }, i) => ({ step, loss: i % 2 }));
    const svg = drawLossCurve({ ...curve, losses });
    const range = (name: string): number => {
      const late = heights(svg, name).slice(10);
      return Math.max(...late) - Math.min(...late);
    };
    expect(range('loss')).toBeLessThan(range('raw') / 3);
  });

  it('names its axes and gives them round ticks', () => {
    const svg = drawLossCurve(curve);
    for (const label of ['step', 'training loss', 'macro recall, %', '1,000', '0.6', '62', '66']) {
      expect(svg).toContain(`>${label}</text>`);
    }
  });

  it('escapes its title', () => {
    expect(drawLossCurve(curve)).toContain('models/mine &lt;1 &amp; 2&gt;');
  });

  it('stays within its frame, whatever the numbers', () => {
    for (const losses of [
      [],
      [{ step: 1, loss: 0 }],
      [
        { step: 7, loss: 1e-5 },
        { step: 8, loss: 3e4 },
      ],
    ]) {
      const svg = drawLossCurve({ title: 'odd', losses, recalls: [{ step: 9, recall: 1 }] });
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });
});

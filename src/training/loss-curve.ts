export interface LossCurve {
  readonly title: string;
  /** Training loss, in order of the steps. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  /** Macro recall on what was held back, from 0 to 1, after each epoch. */
  readonly recalls: readonly { readonly step: number; readonly recall: number }[];
}

const WIDTH = 760;
const HEIGHT = 420;
const PLOT = { left: 64, right: 692, top: 64, bottom: 352 };
/** Share of the smoothed curve that a point keeps from the points before it. */
const SMOOTHING = 0.8;
const TICKS = 5;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .background { fill: #ffffff }
  .grid { stroke: #d8dee4 }
  .loss { stroke: #0969da; fill: none; stroke-width: 2 }
  .raw { stroke: #0969da; fill: none; opacity: 0.25 }
  .recall { stroke: #bc4c00; fill: none; stroke-width: 2 }
  .point { fill: #bc4c00 }
  .loss-text { fill: #0969da } .recall-text { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .background { fill: #0d1117 }
    .grid { stroke: #30363d }
    .loss, .raw { stroke: #58a6ff }
    .recall { stroke: #f0883e }
    .point { fill: #f0883e }
    .loss-text { fill: #58a6ff } .recall-text { fill: #f0883e }
  }`;

/**
 * Draws how a training went, as an SVG for light and dark pages: the loss by step on the left axis, raw and
 * smoothed, and macro recall by epoch on the right one.
 */
export function drawLossCurve({ title, losses, recalls }: LossCurve): string {
  const steps = axis([0, ...losses.map(({ step }) => step), ...recalls.map(({ step }) => step)]);
  const loss = axis(losses.map((point) => point.loss));
  const recall = axis(recalls.map((point) => 100 * point.recall));
  const x = scale(steps, PLOT.left, PLOT.right);
  const yOfLoss = scale(loss, PLOT.bottom, PLOT.top);
  const yOfRecall = scale(recall, PLOT.bottom, PLOT.top);
  const lossPoints = losses.map((point) => [x(point.step), yOfLoss(point.loss)] as const);
  const smoothPoints = smooth(losses.map((point) => point.loss)).map(
    (value, index) => [lossPoints[index]?.[0] ?? 0, yOfLoss(value)] as const,
  );
  const recallPoints = recalls.map((point) => [x(point.step), yOfRecall(100 * point.recall)] as const);
  const middle = (PLOT.top + PLOT.bottom) / 2;
  const parts = [
    `<rect class="background" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(WIDTH / 2, 28, title, 'title', 'middle'),
    ...loss.ticks.flatMap((tick) => [
      `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${round(yOfLoss(tick))}" y2="${round(yOfLoss(tick))}"/>`,
      text(PLOT.left - 8, yOfLoss(tick) + 4, loss.format(tick), '', 'end'),
    ]),
    ...steps.ticks.map((tick) => text(x(tick), PLOT.bottom + 20, steps.format(tick), '', 'middle')),
    ...(recalls.length === 0
      ? []
      : recall.ticks.map((tick) =>
          text(PLOT.right + 8, yOfRecall(tick) + 4, recall.format(tick), '', 'start'),
        )),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 44, 'step', '', 'middle'),
    turned(18, middle, 'training loss', 'loss-text'),
    ...(recalls.length === 0 ? [] : [turned(WIDTH - 14, middle, 'macro recall, %', 'recall-text')]),
    polyline('raw', lossPoints),
    polyline('loss', smoothPoints),
    polyline('recall', recallPoints),
    ...recallPoints.map(([cx, cy]) => `<circle class="point" cx="${round(cx)}" cy="${round(cy)}" r="4"/>`),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly format: (tick: number) => string;
}

/** An axis over values whose ends and ticks are multiples of 1, 2 or 5 times a power of ten. */
function axis(values: readonly number[]): Axis {
  const least = values.length === 0 ? 0 : Math.min(...values);
  const greatest = values.length === 0 ? 1 : Math.max(...values);
  const span = greatest - least || Math.abs(greatest) || 1;
  const power = 10 ** Math.floor(Math.log10(span / TICKS));
  const step = power * ([1, 2, 5].find((factor) => factor * power * TICKS >= span) ?? 10);
  const first = Math.floor(least / step);
  const last = Math.max(first + 1, Math.ceil(greatest / step));
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  return {
    low: first * step,
    high: last * step,
    ticks: Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step),
    format: (tick) =>
      tick.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  };
}

function scale({ low, high }: Axis, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Exponential moving average, corrected for its beginning. */
function smooth(values: readonly number[]): readonly number[] {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = SMOOTHING * sum + (1 - SMOOTHING) * value;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    return sum / weight;
  });
}

function polyline(name: string, points: readonly (readonly [x: number, y: number])[]): string {
  return `<polyline class="${name}" points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}"/>`;
}

function text(x: number, y: number, content: string, name: string, anchor: string): string {
  return `<text class="${name}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function turned(x: number, y: number, content: string, name: string): string {
  return `<text class="${name}" transform="translate(${x} ${y}) rotate(-90)" text-anchor="middle">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

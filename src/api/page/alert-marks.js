import { colour } from './colours.js';

/** @import { Alert } from './types.js' */
/** @typedef {import('uplot')} Plot */

/**
 * Hooks of a chart that mark alerts: shaded while they fired, and a triangle where they began.
 *
 * @param {() => readonly Alert[]} alertsOf asked at every drawing
 */
export function alertMarks(alertsOf) {
  /** @param {Plot} plot the places are pixels of its canvas */
  function placesOf(plot) {
    const { min, max } = plot.scales.x ?? {};
    if (typeof min !== 'number' || typeof max !== 'number') return [];
    return alertsOf()
      .map(({ firedAt, resolvedAt = max }) => ({ firedAt, resolvedAt }))
      .filter(({ firedAt, resolvedAt }) => firedAt <= max && resolvedAt >= min)
      .map(({ firedAt, resolvedAt }) => ({
        left: plot.valToPos(Math.max(min, firedAt), 'x', true),
        right: plot.valToPos(Math.min(max, resolvedAt), 'x', true),
        beginsHere: firedAt >= min,
      }));
  }

  return {
    drawClear: [
      /** @param {Plot} plot */
      (plot) => {
        const { ctx, bbox } = plot;
        ctx.fillStyle = colour('--alert', 0.14);
        for (const { left, right } of placesOf(plot)) {
          ctx.fillRect(left, bbox.top, Math.max(devicePixelRatio, right - left), bbox.height);
        }
      },
    ],
    draw: [
      /** @param {Plot} plot */
      (plot) => {
        const { ctx, bbox } = plot;
        const size = 5 * devicePixelRatio;
        ctx.fillStyle = colour('--alert');
        for (const { left, beginsHere } of placesOf(plot)) {
          if (!beginsHere) continue;
          ctx.fillRect(left - devicePixelRatio / 2, bbox.top, devicePixelRatio, bbox.height);
          ctx.beginPath();
          ctx.moveTo(left - size, bbox.top - 2 * size);
          ctx.lineTo(left + size, bbox.top - 2 * size);
          ctx.lineTo(left, bbox.top);
          ctx.fill();
        }
      },
    ],
  };
}

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { z } from 'zod';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const reportSchema = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      impact: z.string().nullish(),
      nodes: z.array(z.object({ html: z.string(), failureSummary: z.string().nullish() })),
    }),
  ),
});

/** What axe-core finds serious or critical on the page as it stands, by the rules of WCAG 2.2 A and AA. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  // Evaluated, not added as a script: the page's policy would refuse that, and should.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const tags = JSON.stringify(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
  const report = reportSchema.parse(
    await page.evaluate(`axe.run(document, { runOnly: ${tags}, resultTypes: ['violations'] })`),
  );
  return report.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ''}`),
    );
}

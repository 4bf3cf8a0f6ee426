import { metricDefinitions } from '../telemetry/instrument.js';
import '../telemetry/instruments.js';
import { prometheusLabel, prometheusName } from '../telemetry/prometheus-names.js';

const BEGIN = '<!-- made by npm run generate: begin -->';
const END = '<!-- made by npm run generate: end -->';

/**
 * docs/telemetry.md with the table of the metrics as it should be.
 *
 * @param page as it is
 */
export function telemetryPage(page: string): string {
  const [before, rest] = split(page, BEGIN);
  const [, after] = split(rest, END);
  return `${before}${BEGIN}\n${metricsTable()}\n${END}${after}`;
}

function split(text: string, mark: string): readonly [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new RangeError(`docs/telemetry.md has no line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function metricsTable(): string {
  const rows = metricDefinitions().map((definition) => {
    const { name, kind, unit, description, attributes } = definition;
    const labels = attributes.map((attribute) => `\`${prometheusLabel(attribute)}\``).join(', ');
    return `| \`${name}\`<br>\`${prometheusName(definition)}\` | ${kind} | ${unit} | ${description} | ${labels} |`;
  });
  return [
    '| name, and in Prometheus | kind | unit | meaning | labels |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

import { z } from 'zod';
import { settings } from '../config/settings.js';
import { alertTopicSchema } from '../contracts/alert-topic.js';
import { postMessageSchema } from '../contracts/post-message.js';
import { scoredPostSchema } from '../contracts/scored-post.js';
import { windowAggregateSchema } from '../contracts/window.js';

/** docs/configuration.md: every key, its variable, type, default and meaning. */
export function configurationPage(): string {
  const all = settings();
  const names = [...new Set(all.map(({ path }) => path[0]))];
  const sections = names.map((name) => {
    const rows = all
      .filter(({ path }) => path[0] === name)
      .map(
        ({ path, variable, type, default: value, description, isSecret }) =>
          `| \`${path.join('.')}\` | ${type}${isSecret ? ', *secret*' : ''} | ${value === undefined ? '' : `\`${value}\``} | ${description} | \`${variable}\` |`,
      );
    return [
      `## ${name}`,
      '',
      '| key | type | default | meaning | variable |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  return `# Configuration

Made from the schema by \`npm run generate\`; do not edit.

A YAML file (\`sentiflux run --config FILE\`) and variables set keys, the variables over the file over the defaults below. Numbers, booleans and lists are written in a variable as in YAML; a list of texts also as \`a,b\`. File names are relative to the file in which they stand. An unknown key, an unknown variable \`SENTIFLUX_…\` or a bad value stops the start and names the path, the value, unless it may be secret, and what was expected.

Each variable may end in \`_FILE\` and name a file that holds the value. Texts of the YAML file may hold \`\${env:NAME}\` and \`\${file:PATH}\`, which are replaced ([secrets](security.md#secrets)). \`sentiflux config show\` prints what comes of it all, with \`***\` for secrets (marked *secret* below).

${sections.join('\n\n')}
`;
}

/** JSON Schema of each topic's values, by file name. */
export function topicSchemas(): Readonly<Record<string, object>> {
  const schema = (title: string, type: z.ZodType): object => ({
    title,
    ...z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }),
  });
  return {
    'posts.raw.json': schema(
      'A value on posts.raw; a null value deletes the post of its key',
      postMessageSchema,
    ),
    'sentiment.scored.json': schema(
      'A value on sentiment.scored; a null value is a deletion',
      scoredPostSchema,
    ),
    'sentiment.aggregates.json': schema('A value on sentiment.aggregates', windowAggregateSchema),
    'sentiment.alerts.json': schema('A value on sentiment.alerts: a silence or an alert', alertTopicSchema),
  };
}

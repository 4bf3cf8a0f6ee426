import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { TOKEN_BYTES, tokenEntry, tokenHash, tokenOf } from '../../api/tokens.js';
import { API_SCOPES, type ApiScope, TOKEN_NAME } from '../../config/schema.js';

interface CreateOptions {
  readonly name: string;
  readonly scope: readonly ApiScope[];
  readonly json?: boolean;
}

export function addTokenCommand(program: Command): void {
  const token = program.command('token').description('make tokens for the API');
  token
    .command('create')
    .description('print a new token, once, and the entry of the configuration that lets it in')
    .requiredOption('-n, --name <name>', 'whose it is: letters, digits, _, . and -', parseName)
    .option('-s, --scope <scopes>', `what it may do: ${API_SCOPES.join(',')}`, parseScopes, ['read'] as const)
    .option('--json', 'as JSON')
    .action(create);
}

function create({ name, scope: scopes, json }: CreateOptions): void {
  const token = tokenOf(randomBytes(TOKEN_BYTES));
  if (json === true) {
    const entry = { name, scopes, sha256: tokenHash(token) };
    process.stdout.write(`${JSON.stringify({ token, entry }, null, 2)}\n`);
    return;
  }
  process.stdout.write(
    `The token, which is kept nowhere and not shown again:

${token}

In the configuration, which needs its hash only (the worker reads it when it starts):

api:
  tokens:
    ${tokenEntry(name, scopes, token)}
`,
  );
}

function parseName(value: string): string {
  if (!TOKEN_NAME.test(value))
    throw new InvalidArgumentError('It holds up to 64 letters, digits, _, . and -.');
  return value;
}

function parseScopes(value: string): readonly ApiScope[] {
  const names = value.split(',').map((name) => name.trim());
  const scopes = API_SCOPES.filter((scope) => names.includes(scope));
  if (scopes.length !== new Set(names).size)
    throw new InvalidArgumentError(`Scopes are ${API_SCOPES.join(', ')}.`);
  return scopes;
}

// Compiles src/ into dist/ and copies what is no TypeScript (Lua scripts, the page) beside it.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('npx', ['--no-install', 'tsc', '--project', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
cpSync('src', 'dist', { recursive: true, filter: (path) => !path.endsWith('.ts') });
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755);

import type { Command } from 'commander';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load.js';
import { maskedConfig } from '../../config/secrets.js';
import { type ConfigOption, configOption } from '../config-option.js';

export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .description('the configuration')
    .command('show')
    .description(
      'prints the configuration that a worker would run with, as YAML: defaults, file and variables; *** stands for secrets',
    )
    .addOption(configOption())
    .action(async ({ config: file }: ConfigOption) => {
      const config = await loadConfig(file, process.env);
      process.stdout.write(stringify(maskedConfig(config), { lineWidth: 0 }));
    });
}

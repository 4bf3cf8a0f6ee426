import { Option } from 'commander';

export interface ConfigOption {
  readonly config?: string;
}

export const configOption = (): Option =>
  new Option('-c, --config <file>', 'configuration (YAML); variables SENTIFLUX_… set single keys').env(
    'SENTIFLUX_CONFIG',
  );

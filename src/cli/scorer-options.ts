import { Option } from 'commander';
import { loadConfig } from '../config/load.js';
import type { Config, ScoringConfig } from '../config/schema.js';

/** Options that every command with a scorer shares. */
export interface ScorerOptions {
  readonly model?: string;
  readonly engine?: ScoringConfig['engine'];
  readonly precision?: ScoringConfig['precision'];
}

export const modelOption = (): Option =>
  new Option('-m, --model <directory>', 'directory of a model bundle (default: the shipped one)');
export const engineOption = (): Option =>
  new Option(
    '-e, --engine <name>',
    'what runs the network (default: auto, the best that can be loaded)',
  ).choices(['auto', 'native', 'onnx', 'tfjs-node', 'wasm']);
export const precisionOption = (): Option =>
  new Option('-p, --precision <precision>', 'of the weights (default: int8)').choices(['float32', 'int8']);

/** The configuration of a command that needs no services: defaults, variables and the command's own options. */
export async function scorerConfig(options: ScorerOptions): Promise<Config> {
  const config = await loadConfig(undefined, process.env);
  const { model, engine, precision } = options;
  return {
    ...config,
    scoring: {
      ...config.scoring,
      ...(model && { model }),
      ...(engine && { engine }),
      ...(precision && { precision }),
    },
  };
}

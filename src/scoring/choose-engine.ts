import { messageOf } from '../contracts/errors.js';
import type { ModelBundle } from '../model/bundle.js';
import type { EngineFactory, EngineName, Precision, ScoringEngine } from './engine.js';
import { createOnnxEngine } from './engines/onnx.js';
import { createTfjsNodeEngine } from './engines/tfjs-node.js';
import { createWasmEngine } from './engines/wasm.js';

const FACTORIES: Readonly<Record<EngineName, EngineFactory>> = {
  onnx: createOnnxEngine,
  'tfjs-node': createTfjsNodeEngine,
  wasm: createWasmEngine,
};

export interface EngineChoice {
  /** `auto` takes onnx, and wasm where onnx cannot start. */
  readonly engine: EngineName | 'auto';
  readonly precision: Precision;
}

/** Why another engine runs than the best one. */
export interface EngineFallback {
  readonly from: EngineName;
  readonly reason: string;
}

export interface ChosenEngine {
  readonly engine: ScoringEngine;
  readonly fallback?: EngineFallback;
}

/**
 * Starts the engine that the configuration names. Only `auto` falls back: who names an engine gets that one
 * or an error.
 *
 * @throws SentifluxError SF_ENGINE_UNAVAILABLE
 */
export async function openEngine(choice: EngineChoice, bundle: ModelBundle): Promise<ChosenEngine> {
  if (choice.engine !== 'auto') {
    return { engine: await FACTORIES[choice.engine](bundle, choice.precision) };
  }
  try {
    return { engine: await FACTORIES.onnx(bundle, choice.precision) };
  } catch (error) {
    const engine = await FACTORIES.wasm(bundle, choice.precision);
    return { engine, fallback: { from: 'onnx', reason: messageOf(error) } };
  }
}

import { messageOf } from '../contracts/errors.js';
import type { ModelBundle } from '../model/bundle.js';
import type { EngineFactory, EngineName, Precision, ScoringEngine } from './engine.js';
import { createNativeEngine } from './engines/native.js';
import { createOnnxEngine } from './engines/onnx.js';
import { createTfjsNodeEngine } from './engines/tfjs-node.js';
import { createWasmEngine } from './engines/wasm.js';

const FACTORIES: Readonly<Record<EngineName, EngineFactory>> = {
  native: createNativeEngine,
  onnx: createOnnxEngine,
  'tfjs-node': createTfjsNodeEngine,
  wasm: createWasmEngine,
};

type Candidates = readonly [EngineName, ...EngineName[]];

/** The engines that `auto` tries, the fastest first; the last one is there wherever Node runs. */
const BY_SPEED: Readonly<Record<Precision, Candidates>> = {
  int8: ['native', 'onnx', 'wasm'],
  float32: ['onnx', 'wasm'],
};

export interface EngineChoice {
  /** `auto` takes the fastest one that can start. */
  readonly engine: EngineName | 'auto';
  readonly precision: Precision;
}

/** Why another engine runs than the next faster one. */
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
export function openEngine({ engine, precision }: EngineChoice, bundle: ModelBundle): Promise<ChosenEngine> {
  return openFirst(engine === 'auto' ? BY_SPEED[precision] : [engine], precision, bundle);
}

/** The first that can start, with why the one before it could not. */
async function openFirst(
  [name, next, ...others]: Candidates,
  precision: Precision,
  bundle: ModelBundle,
  fallback?: EngineFallback,
): Promise<ChosenEngine> {
  try {
    return { engine: await FACTORIES[name](bundle, precision), ...(fallback && { fallback }) };
  } catch (error) {
    if (next === undefined) throw error;
    return openFirst([next, ...others], precision, bundle, { from: name, reason: messageOf(error) });
  }
}

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

/** The engines that `auto` tries, the fastest first; the last one is there wherever Node runs. */
const BY_SPEED: Readonly<Record<Precision, readonly EngineName[]>> = {
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
export async function openEngine(choice: EngineChoice, bundle: ModelBundle): Promise<ChosenEngine> {
  const { engine: asked, precision } = choice;
  const candidates = asked === 'auto' ? BY_SPEED[precision] : [asked];
  let fallback: EngineFallback | undefined;
  for (const name of candidates.slice(0, -1)) {
    try {
      return { engine: await FACTORIES[name](bundle, precision), ...(fallback && { fallback }) };
    } catch (error) {
      fallback = { from: name, reason: messageOf(error) };
    }
  }
  const last = candidates.at(-1) ?? 'wasm';
  return { engine: await FACTORIES[last](bundle, precision), ...(fallback && { fallback }) };
}

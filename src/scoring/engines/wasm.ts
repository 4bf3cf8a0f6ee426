import { messageOf, SentifluxError } from '../../contracts/errors.js';
import type { EngineFactory } from '../engine.js';
import { buildOnnxModel } from './onnx-graph.js';
import { createSessionEngine } from './onnx-session.js';

/** ONNX Runtime compiled to WebAssembly: runs wherever Node runs, without native code. */
export const createWasmEngine: EngineFactory = async (bundle, precision) => {
  try {
    const runtime = await import('onnxruntime-web');
    // The scorer threads are the parallelism: one thread of the runtime's own would start more of them.
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = 'error';
    const session = await runtime.InferenceSession.create(buildOnnxModel(bundle, precision), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
    return createSessionEngine('wasm', precision, session, runtime.Tensor);
  } catch (cause) {
    throw new SentifluxError('SF_ENGINE_UNAVAILABLE', `the WASM engine cannot start: ${messageOf(cause)}.`, {
      hint: 'Reinstall the package: onnxruntime-web is one of its dependencies.',
      cause,
    });
  }
};

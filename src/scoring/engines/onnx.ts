import { messageOf, SentifluxError } from '../../contracts/errors.js';
import type { EngineFactory } from '../engine.js';
import { buildOnnxModel } from './onnx-graph.js';
import { createSessionEngine } from './onnx-session.js';

/** The default engine: ONNX Runtime's native library, one thread of its own per engine and no spinning. */
export const createOnnxEngine: EngineFactory = async (bundle, precision) => {
  const runtime = await import('onnxruntime-node').catch((cause: unknown) => {
    throw new SentifluxError(
      'SF_ENGINE_UNAVAILABLE',
      `onnxruntime-node cannot be loaded: ${messageOf(cause)}.`,
      {
        hint: 'Install it with ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node, or choose the engine wasm.',
        cause,
      },
    );
  });
  const session = await runtime.InferenceSession.create(buildOnnxModel(bundle, precision), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
  return createSessionEngine('onnx', precision, session, runtime.Tensor);
};

import { createRequire } from 'node:module';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { type ModelBundle, quantisedLstm } from '../../model/bundle.js';
import type { EngineFactory, ScoringEngine } from '../engine.js';

/** Of the package's root, from src/ and from dist/ alike; `native/build.mjs` makes it. */
const ADDON = '../../../native/build/lstm.node';

/** What native/addon.cc exports. */
interface Addon {
  /** @throws Error when the processor lacks the instructions, or memory is short */
  createNetwork(weights: NativeWeights, instructions?: Instructions): Network;
  /** @returns logits, [rows × 3] */
  score(network: Network, tokens: Int32Array, lengths: Int32Array, width: number): Float32Array;
}

/** The kernels, by what they need of a processor. */
export type Instructions = 'avx512-vnni' | 'avx2';

interface Network {
  readonly instructions: Instructions;
}

interface NativeWeights {
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly table: Float32Array;
  readonly forward: NativeDirection;
  readonly backward: NativeDirection;
  readonly attention: Float32Array;
  readonly outputKernel: Float32Array;
  readonly outputBias: Float32Array;
}

interface NativeDirection {
  readonly input: Int8Array;
  readonly inputScales: Float32Array;
  readonly recurrent: Int8Array;
  readonly recurrentScales: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Kernels of our own for this one network (`native/`), in the thread that calls them. int8 only: the precision that was
 * asked for is not heeded, the engine's own says which one it is.
 *
 * What multiplies the weights is quantised by rows: a token's embedding by its own largest value, a hidden state by
 * 127 steps to 1, which it never passes. So a post's score does not depend on those beside it.
 */
export const createNativeEngine: EngineFactory = async (bundle) => openNativeEngine(bundle);

/**
 * The same with a kernel of the caller's choice.
 *
 * @param instructions by default the fastest that this processor can run
 * @throws SentifluxError SF_ENGINE_UNAVAILABLE
 */
export function openNativeEngine(bundle: ModelBundle, instructions?: Instructions): ScoringEngine {
  const { addon, network } = open(bundle, instructions);
  return {
    name: 'native',
    precision: 'int8',
    async score({ tokens, lengths, width }) {
      return addon.score(network, tokens, lengths, width);
    },
    // The network goes with the last reference to it.
    async close() {},
  };
}

function open(
  bundle: ModelBundle,
  instructions?: Instructions,
): { readonly addon: Addon; readonly network: Network } {
  try {
    // Compiled from the package's own native/addon.cc.
    const addon = createRequire(import.meta.url)(ADDON) as Addon;
    return { addon, network: addon.createNetwork(nativeWeights(bundle), instructions) };
  } catch (cause) {
    throw new SentifluxError('SF_ENGINE_UNAVAILABLE', `the native kernels cannot run: ${lineOf(cause)}.`, {
      hint: 'On Linux with an x64 processor and a C++ compiler, npm rebuild sentiflux (make native in a checkout) compiles them; or choose the engine onnx.',
      cause,
    });
  }
}

function nativeWeights(bundle: ModelBundle): NativeWeights {
  const { manifest, vocabulary, weights } = bundle;
  const { embedding, hidden } = manifest.architecture;
  const quantised = quantisedLstm(bundle);
  const direction = (name: 'forward' | 'backward'): NativeDirection => {
    const [input, recurrent] = [quantised[`${name}/input`], quantised[`${name}/recurrent`]];
    return {
      input: input.values,
      inputScales: input.scales,
      recurrent: recurrent.values,
      recurrentScales: recurrent.scales,
      bias: weights[`${name}/bias`],
    };
  };
  return {
    vocabulary: vocabulary.size,
    embedding,
    hidden,
    table: weights.embedding,
    forward: direction('forward'),
    backward: direction('backward'),
    attention: weights.attention,
    outputKernel: weights['output/kernel'],
    outputBias: weights['output/bias'],
  };
}

/** Node's message of a missing file goes on with the files that asked for it. */
const lineOf = (error: unknown): string => messageOf(error).split('\n', 1)[0] ?? '';

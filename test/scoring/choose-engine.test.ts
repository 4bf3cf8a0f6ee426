import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageOf } from '../../src/contracts/errors.js';
import { openEngine } from '../../src/scoring/choose-engine.js';
import { createNativeEngine } from '../../src/scoring/engines/native.js';
import { randomBundle } from '../support/random-bundle.js';

const bundle = randomBundle();
const noKernels = await createNativeEngine(bundle, 'int8').then(() => undefined, messageOf);

async function opened(engine: 'auto' | 'native' | 'onnx' | 'wasm') {
  // Anew where a library is missing.
  const { openEngine: open } = await import('../../src/scoring/choose-engine.js');
  const { engine: chosen, fallback } = await open({ engine, precision: 'int8' }, bundle);
  await chosen.close();
  return { name: chosen.name, precision: chosen.precision, fallback };
}

describe('the engine', () => {
  it('is the one that was named', async () => {
    expect(await opened('wasm')).toEqual({ name: 'wasm', precision: 'int8', fallback: undefined });
  });

  it.skipIf(noKernels !== undefined)(
    `is native where nothing was named (${noKernels ?? 'compiled'})`,
    async () => {
      expect(await opened('auto')).toEqual({ name: 'native', precision: 'int8', fallback: undefined });
    },
  );

  it('is onnx in float32, which native does not have', async () => {
    const { engine, fallback } = await openEngine({ engine: 'auto', precision: 'float32' }, bundle);
    await engine.close();
    expect([engine.name, engine.precision, fallback]).toEqual(['onnx', 'float32', undefined]);
  });

  describe('where the kernels were not compiled', () => {
    beforeEach(() => {
      vi.doMock('node:module', () => ({
        createRequire: () => () => {
          throw new Error("Cannot find module 'lstm.node'\nRequire stack: ...");
        },
      }));
      vi.resetModules();
    });
    afterEach(() => {
      vi.doUnmock('node:module');
      vi.doUnmock('onnxruntime-node');
      vi.resetModules();
    });
    const withoutOnnx = () =>
      vi.doMock('onnxruntime-node', () => {
        throw new Error('no such library');
      });

    it('is onnx if nothing was named, and says why', async () => {
      expect(await opened('auto')).toMatchObject({
        name: 'onnx',
        fallback: {
          from: 'native',
          reason: "the native kernels cannot run: Cannot find module 'lstm.node'",
        },
      });
    });

    it('is none if native was named', async () => {
      await expect(opened('native')).rejects.toMatchObject({
        code: 'SF_ENGINE_UNAVAILABLE',
        hint: expect.stringContaining('npm rebuild sentiflux'),
      });
    });

    it('is wasm if onnxruntime-node is not installed either, and says why', async () => {
      withoutOnnx();
      expect(await opened('auto')).toMatchObject({
        name: 'wasm',
        fallback: { from: 'onnx', reason: expect.stringContaining('onnxruntime-node cannot be loaded') },
      });
    });

    it('is none if onnx was named and is not installed', async () => {
      withoutOnnx();
      await expect(opened('onnx')).rejects.toMatchObject({ code: 'SF_ENGINE_UNAVAILABLE' });
    });
  });
});

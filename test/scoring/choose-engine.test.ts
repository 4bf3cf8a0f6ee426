import { describe, expect, it, vi } from 'vitest';
import { openEngine } from '../../src/scoring/choose-engine.js';
import { randomBundle } from '../support/random-bundle.js';

const bundle = randomBundle();

async function opened(engine: 'auto' | 'onnx' | 'wasm') {
  const { engine: chosen, fallback } = await openEngine({ engine, precision: 'int8' }, bundle);
  await chosen.close();
  return { name: chosen.name, precision: chosen.precision, fallback };
}

describe('the engine', () => {
  it('is the one that was named', async () => {
    expect(await opened('wasm')).toEqual({ name: 'wasm', precision: 'int8', fallback: undefined });
  });

  it('is onnx where nothing was named', async () => {
    expect(await opened('auto')).toEqual({ name: 'onnx', precision: 'int8', fallback: undefined });
  });

  describe('where onnxruntime-node is not installed', () => {
    const withoutOnnx = async (use: () => Promise<void>) => {
      vi.doMock('onnxruntime-node', () => {
        throw new Error('no such library');
      });
      try {
        await use();
      } finally {
        vi.doUnmock('onnxruntime-node');
      }
    };

    it('is wasm if nothing was named, and says why', () =>
      withoutOnnx(async () => {
        expect(await opened('auto')).toMatchObject({
          name: 'wasm',
          fallback: { from: 'onnx', reason: expect.stringContaining('onnxruntime-node cannot be loaded') },
        });
      }));

    it('is none if onnx was named', () =>
      withoutOnnx(async () => {
        await expect(opened('onnx')).rejects.toMatchObject({ code: 'SF_ENGINE_UNAVAILABLE' });
      }));
  });
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBundle, quantisedLstm } from '../../src/model/bundle.js';
import { quantiseColumns } from '../../src/model/quantise.js';
import { buildOnnxModel } from '../../src/scoring/engines/onnx-graph.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('a quantised matrix', () => {
  const weight = fc
    .float({ min: -8, max: 8, noNaN: true })
    .map((value) => (Math.abs(value) < 1e-30 ? 0 : value));
  const row = fc.array(weight, { minLength: 4, maxLength: 4 });

  it('is near its float32 weights by half a step, in 7 bits', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 9 }), (rows) => {
        const matrix = Float32Array.from(rows.flat());
        const { values, scales } = quantiseColumns(matrix, 4);
        matrix.forEach((weight, i) => {
          const scale = scales[i % 4] ?? Number.NaN;
          expect(Math.abs((values[i] ?? Number.NaN) * scale - weight)).toBeLessThanOrEqual(scale * 0.5001);
          expect(Math.abs(values[i] ?? Number.NaN)).toBeLessThanOrEqual(63);
        });
      }),
    );
  });
});

describe('a column of next to nothing', () => {
  it('has a scale that can be divided by', () => {
    const { values, scales } = quantiseColumns(Float32Array.of(0, 1e-45), 2);
    expect([...values]).toEqual([0, 0]);
    expect(scales.every((scale) => scale > 0)).toBe(true);
  });
});

describe('the int8 weights of a bundle', () => {
  it('are those that its float32 weights give, to the byte', async () => {
    const bundle = randomBundle({ seed: 9, embedding: 20, hidden: 24 });
    const directory = await writeTestBundle(join(temporaryFolder(), 'model'), bundle);
    const loaded = await loadBundle(directory);
    expect(loaded.quantised).toEqual(quantisedLstm(bundle));
    expect(Buffer.from(buildOnnxModel(loaded, 'int8'))).toEqual(Buffer.from(buildOnnxModel(bundle, 'int8')));
  });

  it('are made at load where a bundle has none, with the same result', async () => {
    const directory = await writeTestBundle(join(temporaryFolder(), 'model'), randomBundle());
    const withThem = await loadBundle(directory);
    const path = join(directory, 'manifest.json');
    const { quantised, ...manifest } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify(manifest));
    const without = await loadBundle(directory);
    expect(without.quantised).toBeUndefined();
    expect(Buffer.from(buildOnnxModel(without, 'int8'))).toEqual(
      Buffer.from(buildOnnxModel(withThem, 'int8')),
    );
  });
});

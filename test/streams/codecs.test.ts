import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { registerCodecs } from '../../src/streams/kafka/codecs.js';

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

registerCodecs();
const codecs: Record<number, () => Codec> = CompressionCodecs;

function codec(type: CompressionTypes): Codec {
  const made = codecs[type]?.();
  if (made === undefined) throw new Error(`no codec ${type}`);
  return made;
}

const TEXT = Buffer.from('今天的咖啡太好喝了！'.repeat(100));

describe('the codecs of Kafka', () => {
  it.each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
  ])('%s gives back what it was given', async (_, type) => {
    const packed = await codec(type).compress({ buffer: TEXT });
    expect(packed.length).toBeLessThan(TEXT.length);
    expect(await codec(type).decompress(packed)).toEqual(TEXT);
  });

  it('snappy reads a bare block, as some producers write it', async () => {
    const { compressSync } = await import('snappy');
    expect(await codec(CompressionTypes.Snappy).decompress(compressSync(TEXT))).toEqual(TEXT);
  });

  it('zstd reads what others write', async () => {
    const packed = Buffer.from('KLUv/SAFKQAAaGVsbG8=', 'base64');
    expect((await codec(CompressionTypes.ZSTD).decompress(packed)).toString()).toBe('hello');
  });
});

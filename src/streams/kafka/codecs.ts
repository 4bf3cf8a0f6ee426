import { promisify } from 'node:util';
import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import { messageOf, SentifluxError } from '../../contracts/errors.js';

// No exports that an ES module could name.
const { CompressionCodecs, CompressionTypes } = kafkajs;

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/**
 * Teaches kafkajs the codecs that it lacks (it knows gzip): without them a consumer stops for good at the first
 * batch of a producer that compresses otherwise.
 */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => snappy;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstd;
}

/**
 * Their libraries are native and optional: an installation without them reads whatever is compressed otherwise.
 *
 * @throws SentifluxError SF_STREAM_CRASHED
 */
async function native<Library>(name: string, load: () => Promise<Library>): Promise<Library> {
  try {
    return await load();
  } catch (cause) {
    throw new SentifluxError(
      'SF_STREAM_CRASHED',
      `records are compressed with ${name}, whose library cannot be loaded: ${messageOf(cause)}.`,
      { hint: 'Install sentiflux with its optional dependencies, or use gzip or zstd.', cause },
    );
  }
}
const loadSnappy = () => native('snappy', () => import('snappy'));
const loadLz4 = () => native('lz4', () => import('lz4-napi'));

/** Head of the framing of snappy-java, which Kafka's clients write: a magic number, a version and a compatible one. */
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);

const snappy: Codec = {
  async compress({ buffer }) {
    const { compress } = await loadSnappy();
    const block = await compress(buffer);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    return Buffer.concat([XERIAL_HEADER, length, block]);
  },
  async decompress(buffer) {
    if (!buffer.subarray(0, 8).equals(XERIAL_HEADER.subarray(0, 8))) return uncompressBlock(buffer);
    const blocks: Buffer[] = [];
    for (let at = XERIAL_HEADER.length; at < buffer.length; ) {
      const length = buffer.readUInt32BE(at);
      blocks.push(await uncompressBlock(buffer.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    return Buffer.concat(blocks);
  },
};

async function uncompressBlock(block: Buffer): Promise<Buffer> {
  const { uncompress } = await loadSnappy();
  const bytes = await uncompress(block, { asBuffer: true });
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}

const lz4: Codec = {
  compress: async ({ buffer }) => (await loadLz4()).compressFrame(buffer),
  decompress: async (buffer) => (await loadLz4()).decompressFrame(buffer),
};

type Transform = (buffer: Buffer) => Promise<Buffer>;

/** Node has zstd since 22.15; before that a decoder in JavaScript reads what others write. */
const zstd: Codec = {
  async compress({ buffer }) {
    const native = nodeZstd('zstdCompress');
    if (native !== undefined) return native(buffer);
    throw new SentifluxError('SF_STREAM_CRASHED', `Node ${process.version} cannot write zstd.`, {
      hint: 'Use Node 22.15 or later, or another compression.',
    });
  },
  async decompress(buffer) {
    const native = nodeZstd('zstdDecompress');
    if (native !== undefined) return native(buffer);
    const { decompress } = await import('fzstd');
    return Buffer.from(decompress(buffer));
  },
};

function nodeZstd(name: 'zstdCompress' | 'zstdDecompress'): Transform | undefined {
  const found: unknown = Reflect.get(zlib, name);
  // A function of node:zlib takes a buffer and a callback, as all of its kind do.
  return typeof found === 'function'
    ? promisify(found as (buffer: Buffer, done: (error: Error | null, result: Buffer) => void) => void)
    : undefined;
}

import { contentChecksum } from './content-checksum.ts';
import { maxBlock } from './limits.ts';
import type { ZstdFrame } from './zstd-frame.ts';
import { blocksOf, checksumBytes } from './zstd-frame.ts';

/**
 * A zstd frame of raw blocks, in pieces: the content as it is, with a header before each 128 KB. For content so large
 * that compressing it would take more memory than it is worth.
 */
export async function packStored(content: readonly Buffer[]): Promise<Buffer[]> {
  const blocks = content.flatMap(cut);
  const size = content.reduce((sum, piece) => sum + piece.length, 0);
  const header = Buffer.alloc(10);
  header.writeUInt32LE(0xfd2fb528, 0);
  header.writeUInt8(0x84, 4); // content size in 4 bytes, checksum
  header.writeUInt8(0x38, 5); // a window of 128 KB
  header.writeUInt32LE(size, 6);

  const pieces: Buffer[] = [header];
  for (const [index, block] of blocks.entries()) {
    const last = index === blocks.length - 1 ? 1 : 0;
    const head = Buffer.alloc(3);
    head.writeUIntLE((block.length << 3) | last, 0, 3);
    pieces.push(head, block);
  }
  pieces.push(checksumBytes(await contentChecksum(content)));
  return pieces;
}

/** The content of a frame of raw blocks. It is put together in the place of the frame, without memory of its own. */
export function unpackStored(frame: Buffer, header: ZstdFrame): Buffer {
  let end = 0;
  for (const block of blocksOf(frame, header)) {
    if (block.type !== 'raw') throw new Error('it is too large to be compressed');
    frame.copyWithin(end, block.offset, block.offset + block.size);
    end += block.size;
  }
  return frame.subarray(0, end);
}

function cut(piece: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < piece.length; at += maxBlock) blocks.push(piece.subarray(at, at + maxBlock));
  return blocks;
}

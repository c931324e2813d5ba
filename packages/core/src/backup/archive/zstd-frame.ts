import { maxBlock } from './limits.ts';

/** What the header of a zstd frame says; RFC 8878, section 3.1.1. */
export interface ZstdFrame {
  /** Bytes before the first block. */
  readonly headerSize: number;
  /** Undefined if the header does not give it. */
  readonly contentSize: number | undefined;
  /** The memory that a decompressor needs to look back. */
  readonly window: number;
  readonly hasChecksum: boolean;
}

export interface ZstdBlock {
  readonly type: 'raw' | 'repeated' | 'compressed';
  /** Where its bytes begin, behind the header of the block. */
  readonly offset: number;
  readonly size: number;
}

const magic = 0xfd2fb528;
const checksumFlag = 0x04;
const blockTypes = ['raw', 'repeated', 'compressed'] as const;

/** Reads a frame's header. Throws an Error that says what is wrong with it. */
export function readHeader(frame: Buffer): ZstdFrame {
  if (frame.length < 6) throw new Error('it is too short');
  if (frame.readUInt32LE(0) !== magic) throw new Error('it does not begin like a zstd frame');
  const descriptor = frame.readUInt8(4);
  if ((descriptor & 0x18) !== 0) throw new Error('its header has reserved bits');
  if ((descriptor & 0x03) !== 0) throw new Error('it needs a dictionary');
  const single = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeAt = single ? 5 : 6;
  const sizeLength = sizeFlag === 0 ? Number(single) : 1 << sizeFlag;
  const headerSize = sizeAt + sizeLength;
  if (frame.length < headerSize) throw new Error('its header is cut');
  const contentSize = readContentSize(frame.subarray(sizeAt, headerSize));
  const window = single ? (contentSize ?? 0) : readWindow(frame.readUInt8(5));
  return { headerSize, contentSize, window, hasChecksum: (descriptor & checksumFlag) !== 0 };
}

/** Walks the blocks of a frame, and throws an Error unless the bytes are exactly one whole frame. */
export function* blocksOf(frame: Buffer, header: ZstdFrame): Generator<ZstdBlock> {
  const end = frame.length - (header.hasChecksum ? 4 : 0);
  let at = header.headerSize;
  for (let last = false; !last;) {
    if (at + 3 > end) throw new Error('it is cut');
    const head = frame.readUIntLE(at, 3);
    last = (head & 1) === 1;
    const type = blockTypes[(head >> 1) & 3];
    const size = head >> 3;
    if (type === undefined || size > maxBlock) throw new Error('it has a block that cannot be');
    const stored = type === 'repeated' ? 1 : size;
    if (at + 3 + stored > end) throw new Error('it is cut');
    yield { type, offset: at + 3, size };
    at += 3 + stored;
  }
  if (at !== end) throw new Error('there are bytes behind it');
}

/** The most content that blocks can give, whatever the frame's header says. */
export function mostBytesOf(blocks: Iterable<ZstdBlock>): number {
  let most = 0;
  for (const { type, size } of blocks) most += type === 'compressed' ? maxBlock : size;
  return most;
}

/** The checksum at the end of a frame that has one. */
export function storedChecksum(frame: Buffer): number {
  return frame.readUInt32LE(frame.length - 4);
}

/** Says in a frame's header that a checksum stands at its end. */
export function setChecksumFlag(frame: Uint8Array): void {
  frame.set([(frame[4] ?? 0) | checksumFlag], 4);
}

/**
 * A frame whose header tells neither size nor checksum of its content, in pieces: with a header that tells both, and the
 * checksum at its end. A frame of another kind is an Error.
 */
export function withSizeAndChecksum(frame: Buffer, contentSize: number, checksum: number): Buffer[] {
  const { headerSize, contentSize: told, hasChecksum } = readHeader(frame);
  if (told !== undefined || hasChecksum || headerSize !== 6) throw new Error('its header is not as expected');
  const header = Buffer.alloc(10);
  header.writeUInt32LE(magic, 0);
  header.writeUInt8(0x80 | checksumFlag, 4); // content size in 4 bytes
  header.writeUInt8(frame.readUInt8(5), 5); // the window
  header.writeUInt32LE(contentSize, 6);
  return [header, frame.subarray(headerSize), checksumBytes(checksum)];
}

/** What stands at the end of a frame. */
export function checksumBytes(checksum: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(checksum);
  return bytes;
}

function readContentSize(field: Buffer): number | undefined {
  if (field.length === 0) return undefined;
  if (field.length === 2) return field.readUInt16LE(0) + 256;
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length);
}

function readWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

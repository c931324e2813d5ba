import { createHash } from 'node:crypto';
import { LockstepError } from '../../errors.ts';
import { damaged } from './damage.ts';
import { formatVersion } from './limits.ts';
import { payloadLength, skippableFrame, skippableHead, skippableMagic } from './skippable.ts';

/** What the last bytes of a file tell. */
export interface Footer {
  /** Where the frame of the table of contents begins. */
  readonly contentsOffset: number;
  /** Its length, head included. */
  readonly contentsSize: number;
  /** SHA-256 of its bytes, head included: 64 hexadecimal digits. */
  readonly contentsSha256: string;
  readonly fileSize: number;
}

/** The footer's length with its head. It is the same in every format. */
export const footerSize = 112;

const word = Buffer.from('LOCKSTEP');

/** The footer's frame. Another version than this code's is for tests. */
export function packFooter(footer: Footer, version = formatVersion): Buffer {
  const payload = Buffer.alloc(footerSize - skippableHead);
  word.copy(payload, 0);
  payload.writeUInt32LE(version, 8);
  payload.writeUInt32LE(0, 12);
  payload.writeBigUInt64LE(BigInt(footer.contentsOffset), 16);
  payload.writeBigUInt64LE(BigInt(footer.contentsSize), 24);
  payload.writeBigUInt64LE(BigInt(footer.fileSize), 32);
  payload.write(footer.contentsSha256, 40, 'hex');
  const frame = skippableFrame(skippableMagic.footer, payload);
  checksum(frame).copy(frame, footerSize - 32);
  return frame;
}

/** True if these bytes, the last of a file, have the outer form of a footer. */
export function isFooter(bytes: Buffer): boolean {
  const length = payloadLength(bytes, skippableMagic.footer);
  return length === footerSize - skippableHead && bytes.subarray(8, 16).equals(word);
}

/** Reads a footer. Throws FILE_DAMAGED or FORMAT_NEWER. */
export function readFooter(bytes: Buffer, file: string): Footer {
  if (!isFooter(bytes)) throw damaged(file, 'it does not end with a footer: it was cut, or something was added');
  if (!checksum(bytes).equals(bytes.subarray(footerSize - 32))) throw damaged(file, 'the footer is damaged');
  const version = bytes.readUInt32LE(16);
  if (version > formatVersion) throw new LockstepError('FORMAT_NEWER', { file, found: version, needed: formatVersion });
  if (version !== formatVersion || bytes.readUInt32LE(20) !== 0) throw damaged(file, 'the footer is damaged');
  return {
    contentsOffset: Number(bytes.readBigUInt64LE(24)),
    contentsSize: Number(bytes.readBigUInt64LE(32)),
    fileSize: Number(bytes.readBigUInt64LE(40)),
    contentsSha256: bytes.toString('hex', 48, 80),
  };
}

/** SHA-256 over the footer without its last 32 bytes, where this stands. */
function checksum(frame: Buffer): Buffer {
  return createHash('sha256')
    .update(frame.subarray(0, footerSize - 32))
    .digest();
}

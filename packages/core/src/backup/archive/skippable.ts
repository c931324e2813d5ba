/**
 * The three skippable frames of a file (RFC 8878, section 3.1.2). Decompressors pass over them. Each is a magic number
 * and the length of what follows, both 4 bytes, little-endian, and then that many bytes.
 */
export const skippableMagic = { manifest: 0x184d2a50, contents: 0x184d2a51, footer: 0x184d2a52 } as const;

export const skippableHead = 8;

export function skippableFrame(magic: number, payload: Uint8Array): Buffer {
  return Buffer.concat([skippableHeader(magic, payload.length), payload]);
}

export function skippableHeader(magic: number, length: number): Buffer {
  const header = Buffer.alloc(skippableHead);
  header.writeUInt32LE(magic, 0);
  header.writeUInt32LE(length, 4);
  return header;
}

/** The length of the payload, or undefined if these bytes are not the head of such a frame. */
export function payloadLength(head: Buffer, magic: number): number | undefined {
  if (head.length < skippableHead || head.readUInt32LE(0) !== magic) return undefined;
  return head.readUInt32LE(4);
}

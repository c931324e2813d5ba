import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync } from 'node:crypto';

// The payload of an age file (age-encryption.org/v1): STREAM, that is chunks of 64 KiB, each sealed by itself with
// ChaCha20-Poly1305. The nonce is the number of the chunk, and 1 for the last chunk or 0.

/** Content of a chunk. Only the last one may have less. */
export const chunkSize = 64 * 1024;

export const tagSize = 16;

/** A chunk with its tag. */
export const sealedSize = chunkSize + tagSize;

/** Random bytes between header and payload. */
export const payloadNonceSize = 16;

const algorithm = 'chacha20-poly1305';

/** The key of a payload, out of the file key in the header and the nonce behind it. */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32)));
}

/** Seals a chunk into `target` at a place, and returns the place behind it. */
export function sealChunk(key: KeyObject, index: number, isLast: boolean, chunk: Buffer, target: Buffer, at: number) {
  const cipher = createCipheriv(algorithm, key, nonceOf(index, isLast), { authTagLength: tagSize });
  const sealed = cipher.update(chunk);
  cipher.final();
  sealed.copy(target, at);
  return at + sealed.length + cipher.getAuthTag().copy(target, at + sealed.length);
}

/** The content of a sealed chunk; undefined if it is not the one that was sealed under this number. */
export function openChunk(key: KeyObject, index: number, isLast: boolean, sealed: Buffer): Buffer | undefined {
  const end = sealed.length - tagSize;
  const decipher = createDecipheriv(algorithm, key, nonceOf(index, isLast), { authTagLength: tagSize });
  decipher.setAuthTag(sealed.subarray(end));
  const chunk = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch {
    // The tag is wrong: that is all it can tell.
    return undefined;
  }
  return chunk;
}

function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

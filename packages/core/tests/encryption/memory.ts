// Encrypted files in memory.
import type { Identity, Recipient } from '#core/encryption/keys.js';
import { decrypted } from '#core/encryption/decrypting-source.js';
import { encryptingSink } from '#core/encryption/encrypting-sink.js';
import { LockstepError } from '#core/errors.js';
import type { Source } from '#core/storage/storage.js';
import { memorySource } from '../backup/sample.ts';

export interface Encrypted {
  readonly bytes: Buffer;
  readonly size: number;
  readonly sha256: string;
}

/** Encrypts pieces that are written one after the other. */
export async function encrypt(pieces: readonly Buffer[], recipients: readonly Recipient[]): Promise<Encrypted> {
  const written: Buffer[] = [];
  const sink = {
    place: 'memory',
    write: (bytes: Uint8Array): Promise<void> => {
      written.push(Buffer.from(bytes));
      return Promise.resolve();
    },
    publish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
  const encrypting = await encryptingSink(sink, recipients);
  for (const piece of pieces) await encrypting.write(piece);
  return { ...(await encrypting.publish()), bytes: Buffer.concat(written) };
}

/** Opens a file and reads all of it. */
export async function decryptAll(bytes: Buffer, identities: readonly Identity[]): Promise<Buffer> {
  const source = await decrypted(memorySource(bytes), identities);
  return source.read(0, source.size);
}

/** The code that a file is refused with; undefined if all of it can be read. */
export async function refusalOf(bytes: Buffer, identities: readonly Identity[]): Promise<string | undefined> {
  try {
    const source = await decrypted(memorySource(bytes), identities);
    if (source.size === bytes.length) return 'not encrypted';
    await source.read(0, source.size);
    return undefined;
  } catch (error) {
    if (error instanceof LockstepError) return error.code;
    throw error;
  }
}

/** A source that counts what is read of it. */
export function counting(source: Source): Source & { readonly reads: { offset: number; length: number }[] } {
  const reads: { offset: number; length: number }[] = [];
  return {
    name: source.name,
    size: source.size,
    reads,
    read: (offset, length) => {
      reads.push({ offset, length });
      return source.read(offset, length);
    },
    close: () => source.close(),
  };
}

/** Content that differs in every chunk. */
export function content(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  return bytes;
}

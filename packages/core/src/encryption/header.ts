import { LockstepError, reasonOf } from '../errors.ts';
import type { Source } from '../storage/storage.ts';
import type { Identity, Recipient } from './keys.ts';
import { loadAge } from './load-age.ts';
import { payloadNonceSize, tagSize } from './payload.ts';

// The header of an age file is text: a version, a stanza for each recipient with the file key encrypted to it, and a
// MAC under the file key. The library reads and writes it; its own payload is not used.

const version = 'age-encryption.org/v1\n';
const firstRead = 16 * 1024;

/** Room for a hundred post-quantum recipients, and ten thousand others. */
const maxHeader = 1024 * 1024;

export interface SealedHeader {
  readonly bytes: Buffer;
  readonly fileKey: Uint8Array;
}

/** A new header, with a new file key. */
export async function sealHeader(recipients: readonly Recipient[]): Promise<SealedHeader> {
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  let fileKey: Uint8Array | undefined;
  // Asked like a recipient, adds nothing, and learns the key that the library has made.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const empty = Buffer.from(await encrypter.encrypt(new Uint8Array()));
  if (!fileKey) throw new LockstepError('INTERNAL', { reason: 'the encryption made no file key' });
  // Behind the header the library has put a nonce and one chunk without content.
  const bytes = empty.subarray(0, empty.length - payloadNonceSize - tagSize);
  if (bytes.length > maxHeader) {
    throw new LockstepError('RECIPIENT_INVALID', { place: 'the list', reason: 'there are too many recipients' });
  }
  return { bytes, fileKey };
}

/** The header of an encrypted file. */
export interface FoundHeader {
  readonly bytes: Buffer;
  /** The types of its stanzas, such as `X25519` or `scrypt`. */
  readonly stanzas: readonly string[];
}

/** The header of a file; undefined if the file is not encrypted with age. Throws FILE_DAMAGED if the header is cut. */
export async function findHeader(source: Source): Promise<FoundHeader | undefined> {
  for (const most of [firstRead, maxHeader]) {
    const start = await source.read(0, Math.min(most, source.size));
    if (start.toString('latin1', 0, version.length) !== version) return undefined;
    const last = start.indexOf('\n--- ');
    const end = last < 0 ? -1 : start.indexOf('\n', last + 1);
    if (end < 0) continue;
    const bytes = start.subarray(0, end + 1);
    const stanzas = [...bytes.toString('latin1').matchAll(/^-> (\S+)/gm)].map(([, type = '']) => type);
    // Stanzas that mean nothing, and are there so that readers learn to pass over them.
    return { bytes, stanzas: stanzas.filter((type) => !type.endsWith('-grease')) };
  }
  throw new LockstepError('FILE_DAMAGED', { file: source.name, reason: 'the header of the encryption is cut' });
}

/** The file key. Throws KEY_WRONG if no identity opens the header, and FILE_DAMAGED if its MAC is wrong. */
export async function openHeader(
  header: FoundHeader,
  identities: readonly Identity[],
  file: string,
): Promise<Uint8Array> {
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  let noneFits = false;
  // Asked when none of the others has opened it.
  decrypter.addIdentity({
    unwrapFileKey: () => {
      noneFits = true;
      return null;
    },
  });
  try {
    return await decrypter.decryptHeader(header.bytes);
  } catch (error) {
    if (noneFits) {
      throw new LockstepError('KEY_WRONG', { file, found: identities.length, needed: inWords(header) });
    }
    const reason = `the header of the encryption: ${reasonOf(error)}`;
    throw new LockstepError('FILE_DAMAGED', { file, reason }, { cause: error });
  }
}

/** Whom a file is encrypted to. */
export function inWords({ stanzas }: FoundHeader): string {
  if (stanzas.includes('scrypt')) return 'a passphrase';
  return stanzas.length === 1 ? '1 recipient' : `${stanzas.length} recipients`;
}

/** Throws KEY_MISSING if what is encrypted to these recipients could not be opened with these identities. */
export async function requireOwnKey(recipients: readonly Recipient[], identities: readonly Identity[]): Promise<void> {
  if (recipients.length === 0) return;
  const { bytes } = await sealHeader(recipients);
  const header = { bytes, stanzas: [] };
  try {
    await openHeader(header, identities, 'the encryption');
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'KEY_WRONG') throw error;
    throw new LockstepError('KEY_MISSING', { found: identities.length });
  }
}

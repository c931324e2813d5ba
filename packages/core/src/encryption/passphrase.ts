import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import type { Identity, Recipient } from 'age-encryption';
import { loadAge } from './load-age.ts';
import { tagSize } from './payload.ts';

// The library's own scrypt keeps the main thread busy for more than a second. Node's runs beside it.

/** The base-2 logarithm of scrypt's cost, as age takes it: 256 MB of memory and about a second. */
const workFactor = 18;

/** Encrypts to a passphrase. age allows no other recipient beside it. A lower cost than age's own is for tests. */
export function passphraseRecipient(passphrase: string, cost = workFactor): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(16);
      const key = await stretch(passphrase, salt, cost);
      const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: tagSize });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      const { Stanza } = await loadAge();
      return [new Stanza(['scrypt', base64(salt), String(cost)], body)];
    },
  };
}

/** Opens what was encrypted to a passphrase. */
export function passphraseIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const stanza = stanzas.find(({ args }) => args[0] === 'scrypt');
      if (!stanza) return null;
      const { args, body } = stanza;
      const [, salt = '', cost = ''] = args;
      if (stanzas.length !== 1) throw new Error('there is another recipient beside the passphrase');
      if (
        args.length !== 3 ||
        base64(Buffer.from(salt, 'base64')) !== salt ||
        Buffer.from(salt, 'base64').length !== 16
      )
        throw new Error('the salt of the passphrase is malformed');
      if (!/^[1-9]\d?$/.test(cost)) throw new Error('the work factor of the passphrase is malformed');
      // A higher one could be asked for by anybody, and takes a gigabyte.
      if (Number(cost) > workFactor) throw new Error(`the work factor ${cost} is more than ${workFactor}`);
      if (body.length !== 16 + tagSize) throw new Error('the file key is malformed');
      return openFileKey(await stretch(passphrase, Buffer.from(salt, 'base64'), Number(cost)), body);
    },
  };
}

function openFileKey(key: Buffer, body: Uint8Array): Buffer | null {
  const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: tagSize });
  decipher.setAuthTag(body.subarray(-tagSize));
  const fileKey = decipher.update(body.subarray(0, -tagSize));
  try {
    decipher.final();
  } catch {
    // Another passphrase.
    return null;
  }
  return fileKey;
}

function stretch(passphrase: string, salt: Buffer, logN: number): Promise<Buffer> {
  const N = 2 ** logN;
  const labelled = Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt'), salt]);
  return new Promise((resolve, reject) => {
    scrypt(passphrase, labelled, 32, { N, r: 8, p: 1, maxmem: 130 * 8 * N }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** Without padding, as age writes it. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

import { LockstepError } from '../../errors.ts';

/** What other files begin with, so that the refusal can name them. */
const strangers: readonly { readonly begins: Buffer; readonly reason: string }[] = [
  { begins: Buffer.from('age-encryption.org/'), reason: 'it is encrypted with age and has to be decrypted first' },
  {
    begins: Buffer.from('-----BEGIN AGE ENCRYPTED FILE'),
    reason: 'it is encrypted with age and has to be decrypted first',
  },
  { begins: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), reason: 'it is compressed with zstd, but has no manifest' },
  { begins: Buffer.from([0x1f, 0x8b]), reason: 'it is compressed with gzip' },
  { begins: Buffer.from('PGDMP'), reason: 'it is a dump in the custom format of pg_dump' },
  {
    begins: Buffer.from('-- lockstep '),
    reason: 'it is the SQL of a backup, decompressed, without manifest and checksums',
  },
  { begins: Buffer.from('--'), reason: 'it looks like SQL text' },
];

/** FILE_FOREIGN, as exactly as the first bytes of a file allow. */
export function foreign(opening: Buffer, file: string): LockstepError {
  const known = strangers.find(({ begins }) => opening.subarray(0, begins.length).equals(begins));
  const reason = opening.length === 0 ? 'it is empty' : (known?.reason ?? 'it does not begin with a manifest');
  return new LockstepError('FILE_FOREIGN', { file, reason });
}

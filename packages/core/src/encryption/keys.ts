import type { Identity as AgeIdentity, Recipient as AgeRecipient } from 'age-encryption';
import { LockstepError, reasonOf } from '../errors.ts';
import { loadAge } from './load-age.ts';
import { passphraseIdentity, passphraseRecipient } from './passphrase.ts';

/** Whom a file is encrypted to: `age1...`, or an object of the library age-encryption. */
export type Recipient = string | AgeRecipient;

/** What opens an encrypted file: `AGE-SECRET-KEY-1...`, or an object of the library age-encryption. */
export type Identity = string | AgeIdentity;

/** The keys that verbs work with. */
export interface Keys {
  /** Whom backups are encrypted to; none: they are not encrypted. */
  readonly recipients: readonly Recipient[];
  /** What encrypted backups are opened with. */
  readonly identities: readonly Identity[];
}

export const noKeys: Keys = { recipients: [], identities: [] };

/**
 * Recipients out of a text as `age -R` reads it: one on each line; empty lines and those that begin with `#` do not
 * count. `place` is for messages. Throws RECIPIENT_INVALID.
 */
export async function parseRecipients(text: string, place: string): Promise<Recipient[]> {
  const { Encrypter } = await loadAge();
  const recipients = linesOf(text);
  if (recipients.length === 0) throw new LockstepError('RECIPIENT_INVALID', { place, reason: 'there is none in it' });
  for (const { line, value } of recipients) {
    const reason = problemOf(value, (one) => new Encrypter().addRecipient(one), {
      'AGE-SECRET-KEY-': 'it is the secret half of a key. `age-keygen -y FILE` prints the recipient that belongs to it',
      'ssh-': 'keys of SSH are not supported. Make a key with `age-keygen`',
    });
    if (reason !== undefined) throw new LockstepError('RECIPIENT_INVALID', { place: at(place, line, text), reason });
  }
  return recipients.map(({ value }) => value);
}

/**
 * Identities out of a file as `age-keygen` writes it: one on each line, with comments. `place` is for messages.
 * Throws IDENTITY_INVALID, which never repeats what is in the file.
 */
export async function parseIdentities(text: string, place: string): Promise<Identity[]> {
  const { Decrypter } = await loadAge();
  const identities = linesOf(text);
  if (identities.length === 0) throw new LockstepError('IDENTITY_INVALID', { place, reason: 'there is none in it' });
  for (const { line, value } of identities) {
    const reason = problemOf(value, (one) => new Decrypter().addIdentity(one), {
      'age-encryption.org/': 'the file is encrypted itself. Open it with `age -d` first',
      '-----BEGIN AGE': 'the file is encrypted itself. Open it with `age -d` first',
      'AGE-PLUGIN-': 'keys of plugins are not supported',
      '-----BEGIN': 'keys of SSH are not supported. Make a key with `age-keygen`',
      age1: 'it is a recipient, the public half of a key',
    });
    if (reason !== undefined) throw new LockstepError('IDENTITY_INVALID', { place: at(place, line, text), reason });
  }
  return identities.map(({ value }) => value);
}

/**
 * A passphrase out of a file: its first line. Throws IDENTITY_INVALID if that is empty.
 *
 * @example
 * const passphrase = parsePassphrase(await readFile(file, 'utf8'), file);
 * const keys = { recipients: [passphraseRecipient(passphrase)], identities: [passphraseIdentity(passphrase)] };
 */
export function parsePassphrase(text: string, place: string): string {
  const [passphrase = ''] = text.split(/\r?\n/, 1);
  if (passphrase === '') throw new LockstepError('IDENTITY_INVALID', { place, reason: 'the passphrase is empty' });
  return passphrase;
}

export { passphraseIdentity, passphraseRecipient };

function linesOf(text: string): { readonly line: number; readonly value: string }[] {
  return text
    .split('\n')
    .map((value, index) => ({ line: index + 1, value: value.trim() }))
    .filter(({ value }) => value !== '' && !value.startsWith('#'));
}

/** What is wrong with a key: one of the known mistakes by its beginning, or what the library says. */
function problemOf(
  value: string,
  take: (value: string) => void,
  mistakes: Readonly<Record<string, string>>,
): string | undefined {
  const known = Object.entries(mistakes).find(([beginning]) => value.startsWith(beginning));
  if (known) return known[1];
  try {
    take(value);
    return undefined;
  } catch (error) {
    return whatIsWrong(error);
  }
}

/** The library's decoder repeats what it was given, which may be a secret. */
function whatIsWrong(error: unknown): string {
  const reason = reasonOf(error);
  return /^(unrecognized|invalid) (recipient|identity)( type)?$/.test(reason) ? reason : 'it is misspelt or cut';
}

function at(place: string, line: number, text: string): string {
  return text.includes('\n') ? `${place}, line ${line}` : place;
}

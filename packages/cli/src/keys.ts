import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  LockstepError,
  parseIdentities,
  parsePassphrase,
  parseRecipients,
  passphraseIdentity,
  passphraseRecipient,
  reasonOf,
} from '@lockstep/core';
import type { Identity, Recipient } from '@lockstep/core';
import type { Config } from './config.ts';
import type { Flags } from './verb.ts';
import { listFlag, textFlag } from './verb.ts';

/** The options of verbs that write backups. */
export function encryptOptions(command: Command): Command {
  return command
    .option('--encrypt-to <recipient>', 'encrypt it with age to this recipient (age1...); may be repeated', collect, [])
    .option('--encrypt-to-file <file>', 'encrypt it to all recipients in this file, one a line')
    .option('--encrypt-passphrase-file <file>', 'encrypt it with the passphrase in the first line of this file')
    .option('--no-encrypt', 'do not encrypt it, whatever environment and configuration say');
}

/** The options of verbs that read backups. */
export function identityOptions(command: Command): Command {
  return command
    .option(
      '--identity <file>',
      'open it with the keys in this file, as age-keygen writes it; may be repeated',
      collect,
      [],
    )
    .option('--passphrase-file <file>', 'open it with the passphrase in the first line of this file');
}

/** The options of verbs that write a backup and read it back. */
export function keyOptions(command: Command): Command {
  return identityOptions(encryptOptions(command));
}

/** Whom backups are encrypted to: what the flags say, or else the environment, or else the configuration. */
export async function readRecipients(flags: Flags, config: Config | undefined): Promise<readonly Recipient[]> {
  if (flags['encrypt'] === false) return [];
  const { keys, files, passphrase } = encryption(flags, config);
  // Named by its number, in case it is a secret that was given by mistake.
  const recipients: Recipient[] = [];
  for (const [index, key] of keys.entries()) recipients.push(...(await parseRecipients(key, `recipient ${index + 1}`)));
  for (const file of files) recipients.push(...(await parseRecipients(await readKeyFile(file), file)));
  const secret = await readPassphrase(passphrase);
  if (secret === undefined) return recipients;
  if (recipients.length === 0) return [passphraseRecipient(secret)];
  throw new LockstepError('USAGE', { reason: 'age takes either recipients or a passphrase, not both' });
}

/** What backups are opened with. A passphrase that new backups are encrypted with opens backups too. */
export async function readIdentities(flags: Flags, config: Config | undefined): Promise<readonly Identity[]> {
  const named = listFlag(flags, 'identity');
  const files = named.length > 0 ? named : given(variable('LOCKSTEP_IDENTITY_FILE') ?? config?.identity);
  const identities: Identity[] = [];
  for (const file of files) identities.push(...(await parseIdentities(await readKeyFile(file), file)));
  const passphrases = [
    {
      file: textFlag(flags, 'passphraseFile') ?? variable('LOCKSTEP_PASSPHRASE_FILE'),
      text: variable('LOCKSTEP_PASSPHRASE'),
    },
    encryption(flags, config).passphrase,
  ];
  for (const passphrase of passphrases) {
    const secret = await readPassphrase(passphrase);
    if (secret !== undefined) identities.push(passphraseIdentity(secret));
  }
  return identities;
}

interface Encryption {
  readonly keys: readonly string[];
  readonly files: readonly string[];
  readonly passphrase: Passphrase;
}

/** Where a passphrase is. A file wins over a text. */
interface Passphrase {
  readonly file?: string | undefined;
  readonly text?: string | undefined;
}

function encryption(flags: Flags, config: Config | undefined): Encryption {
  const layers: Encryption[] = [
    {
      keys: listFlag(flags, 'encryptTo'),
      files: given(textFlag(flags, 'encryptToFile')),
      passphrase: { file: textFlag(flags, 'encryptPassphraseFile') },
    },
    {
      keys: (variable('LOCKSTEP_ENCRYPT_TO') ?? '').split(/[\s,]+/).filter((key) => key !== ''),
      files: given(variable('LOCKSTEP_ENCRYPT_TO_FILE')),
      passphrase: {
        file: variable('LOCKSTEP_ENCRYPT_PASSPHRASE_FILE'),
        text: variable('LOCKSTEP_ENCRYPT_PASSPHRASE'),
      },
    },
    {
      keys: config?.encryptTo ?? [],
      files: given(config?.encryptToFile),
      passphrase: { file: config?.encryptPassphraseFile },
    },
  ];
  const says = ({ keys, files, passphrase: { file, text } }: Encryption): boolean =>
    keys.length > 0 || files.length > 0 || (file ?? text) !== undefined;
  return layers.find(says) ?? { keys: [], files: [], passphrase: {} };
}

async function readPassphrase({ file, text }: Passphrase): Promise<string | undefined> {
  return file === undefined ? text : parsePassphrase(await readKeyFile(file), file);
}

async function readKeyFile(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: unknown) => {
    throw new LockstepError('USAGE', { reason: `${file} cannot be read: ${reasonOf(error)}` }, { cause: error });
  });
}

/** An empty one counts as not set. An empty option does not: a backup must not stay in clear because of it. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

function given(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

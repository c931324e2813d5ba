import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeAll, expect, test } from 'vitest';
import { requireOwnKey } from '#core/encryption/header.js';
import { parseIdentities, parsePassphrase, parseRecipients } from '#core/encryption/keys.js';
import { LockstepError } from '#core/errors.js';

let identity: string;
let recipient: string;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

test('files of keys may have comments, empty lines and several keys', async () => {
  const other = await generateX25519Identity();
  const text = `# created: 2026-11-25\n# public key: ${recipient}\n${identity}\n\n  ${other}  \r\n`;
  expect(await parseIdentities(text, 'key.txt')).toEqual([identity, other]);
  expect(await parseRecipients(`# people\n${recipient}\n`, 'people.txt')).toEqual([recipient]);
  expect(parsePassphrase('correct horse \r\nnext line', 'file')).toBe('correct horse ');
});

const long = 'a'.repeat(40);

test.each([
  ['a secret key', () => identity, 'secret half'],
  ['a key of SSH', () => 'ssh-ed25519 AAAA', 'SSH'],
  ['a misspelt one', () => `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`, 'misspelt'],
  ['nothing', () => '# none\n', 'none in it'],
  ['something else', () => long, 'unrecognized'],
])('%s is no recipient, and is not repeated', async (_, text, reason) => {
  const error = await refusal(() => parseRecipients(text(), 'recipient 1'));
  expect(error.code).toBe('RECIPIENT_INVALID');
  expect(error.message).toContain(reason);
  expect(JSON.stringify([error.message, error.details])).not.toContain(text().slice(4, 40));
});

test.each([
  ['a recipient', () => recipient, 'public half'],
  ['an encrypted key', () => 'age-encryption.org/v1\n-> scrypt', 'encrypted itself'],
  ['a key of SSH', () => '-----BEGIN OPENSSH PRIVATE KEY-----', 'SSH'],
  ['a key of a plugin', () => 'AGE-PLUGIN-YUBIKEY-1', 'plugins'],
  ['a misspelt one', () => `${identity.slice(0, -1)}${identity.endsWith('Q') ? 'P' : 'Q'}`, 'misspelt'],
  ['a cut one', () => identity.slice(0, 40), 'misspelt or cut'],
  ['an empty file', () => '', 'none in it'],
])('%s does not open backups, and is not repeated', async (_, text, reason) => {
  const error = await refusal(() => parseIdentities(text(), 'key.txt'));
  expect(error.code).toBe('IDENTITY_INVALID');
  expect(error.message).toContain(reason);
  expect(JSON.stringify([error.message, error.details])).not.toContain(identity.slice(20, 40));
});

test('the line of a wrong key is told', async () => {
  const { message } = await refusal(() => parseIdentities(`# one\n${identity}\nnonsense\n`, 'key.txt'));
  expect(message).toContain('key.txt, line 3');
});

test('errors never show a secret key', () => {
  expect(new LockstepError('USAGE', { reason: `bad ${identity}` }).message).not.toContain(identity.slice(16));
});

test('who would not be able to open it is told so', async () => {
  await requireOwnKey([], []);
  await requireOwnKey([recipient], [await generateX25519Identity(), identity]);
  await expect(requireOwnKey([recipient], [])).rejects.toMatchObject({ code: 'KEY_MISSING' });
  await expect(requireOwnKey([recipient], [await generateX25519Identity()])).rejects.toMatchObject({
    code: 'KEY_MISSING',
  });
});

async function refusal(work: () => Promise<unknown>): Promise<LockstepError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

// The test vectors of the format, from C2SP's CCTV (npm: cctv-age), which every implementation of age is held against.
import { createHash } from 'node:crypto';
import { gunzipSync, inflateSync } from 'node:zlib';
import * as vectors from 'cctv-age';
import { describe, expect, test } from 'vitest';
import type { Identity } from '#core/encryption/keys.js';
import { passphraseIdentity } from '#core/encryption/keys.js';
import { decryptAll, refusalOf } from './memory.ts';

interface Vector {
  readonly name: string;
  readonly expect: string;
  readonly payload: string | undefined;
  readonly identities: readonly Identity[];
  readonly file: Buffer;
}

const codes: Readonly<Record<string, readonly (string | undefined)[]>> = {
  'no match': ['KEY_WRONG'],
  'HMAC failure': ['FILE_DAMAGED'],
  'payload failure': ['FILE_DAMAGED'],
  // A file with another first line is not taken for encrypted: the archive's reader refuses it.
  'armor failure': ['not encrypted'],
  'header failure': ['FILE_DAMAGED', 'not encrypted'],
};

const all = Object.entries(vectors).map(([name, bytes]) => readVector(name, Buffer.from(bytes)));
// The text form of age is refused as a whole; see below.
const [armored, binary] = [true, false].map((is) => all.filter(({ file }) => file.includes('-----BEGIN AGE') === is));

describe('the test vectors of age', () => {
  test('are there', () => {
    expect(all.length).toBeGreaterThan(100);
  });

  test.each(binary?.filter((vector) => vector.expect === 'success') ?? [])('$name is read', async (vector) => {
    const content = await decryptAll(vector.file, vector.identities);
    expect(createHash('sha256').update(content).digest('hex')).toBe(vector.payload);
  });

  test.each(binary?.filter((vector) => vector.expect !== 'success') ?? [])(
    '$name is refused ($expect)',
    async (vector) => {
      const code = await refusalOf(vector.file, vector.identities);
      expect(codes[vector.expect] ?? []).toContain(code);
    },
  );

  test('in the text form are not taken for encrypted files', async () => {
    expect(armored?.length).toBeGreaterThan(10);
    for (const { file, identities } of armored ?? []) expect(await refusalOf(file, identities)).toBe('not encrypted');
  });
});

function readVector(name: string, bytes: Buffer): Vector {
  const end = bytes.indexOf('\n\n');
  const lines = bytes.toString('utf8', 0, end).split('\n');
  const values = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}: `)).map((line) => line.slice(key.length + 2));
  const body = bytes.subarray(end + 2);
  const packed = values('compressed')[0];
  return {
    name,
    expect: values('expect')[0] ?? '',
    payload: values('payload')[0],
    identities: [...values('identity'), ...values('passphrase').map(passphraseIdentity)],
    file: packed === undefined ? body : packed === 'gzip' ? gunzipSync(body) : inflateSync(body),
  };
}

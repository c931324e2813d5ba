import { describe, expect, it } from 'vitest';
import { decode } from '#core/release/decode.js';
import { parseScriptConfig } from '#core/release/script-config.js';

const all = { executeInTransaction: true, encoding: 'UTF-8', placeholderReplacement: true };

describe('the configuration of a script', () => {
  it.each([
    ['', all],
    ['# a comment\n\n  executeInTransaction = false \r\n', { ...all, executeInTransaction: false }],
    [
      'encoding=ISO-8859-1\nplaceholderReplacement=FALSE',
      { ...all, encoding: 'ISO-8859-1', placeholderReplacement: false },
    ],
  ])('%j', (text, expected) => {
    expect(parseScriptConfig(text, 'V1.sql')).toEqual(expected);
  });

  it.each(['executeInTransactions=false', 'executeInTransaction=no', 'shouldExecute=false', 'nonsense', '=x'])(
    'refuses %s',
    (text) => {
      expect(() => parseScriptConfig(`\n${text}`, 'V1.sql')).toThrow(
        expect.objectContaining({
          code: 'SCRIPT_CONFIG_INVALID',
          message: expect.stringMatching(/^V1\.sql\.conf .* line 2/),
        }),
      );
    },
  );
});

describe('encodings', () => {
  it.each([
    ['UTF-8', [0xef, 0xbb, 0xbf, 0xc3, 0xbc], 'ü'],
    ['ISO-8859-1', [0xfc, 0x80], 'ü\u0080'],
    ['windows-1252', [0xfc, 0x80, 0x9f, 0x99], 'ü€Ÿ™'],
    ['US-ASCII', [0x61], 'a'],
    ['UTF-16', [0, 0x61], 'a'],
    ['UTF-16', [0xff, 0xfe, 0x61, 0], 'a'],
    ['UTF-16LE', [0x61, 0], 'a'],
  ])('%s %j', (encoding, bytes, expected) => {
    expect(decode(Buffer.from(bytes), encoding)).toBe(expected);
  });

  it.each([
    ['UTF-8', [0xfc]],
    ['US-ASCII', [0xfc]],
    ['Cp1252', [0x81]],
    ['no-such', [0x61]],
  ])('refuses %s %j', (encoding, bytes) => {
    expect(() => decode(Buffer.from(bytes), encoding)).toThrow();
  });
});

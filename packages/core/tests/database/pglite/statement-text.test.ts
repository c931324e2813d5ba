import { asksForExtension, copyIn, customSettings, replacement } from '#core/database/pglite/statement-text.js';
import { describe, expect, it } from 'vitest';

describe('copyIn', () => {
  it.each([
    ['COPY t FROM STDIN', false],
    ['copy a.b.c from stdin;', false],
    ['\n;-- rows\n/* of */ COPY/**/t/**/(a,b)/**/FROM/**/STDIN WITH (FORMAT csv)', false],
    ['COPY"ä ""x""".t("a)","FROM")FROM STDIN', false],
    ['COPY t FROM STDIN (FORMAT binary)', true],
    ['COPY BINARY t FROM STDIN', true],
    ['COPY binary FROM STDIN', false],
  ])('finds %j', (text, binary) => {
    expect(copyIn(text)).toEqual({ binary });
  });

  it.each([
    'COPY t TO STDOUT',
    `COPY (SELECT 'x FROM STDIN') TO STDOUT`,
    `COPY t TO PROGRAM 'cat FROM STDIN'`,
    'COPY t FROM stdin_table',
    `COPY t FROM '/tmp/STDIN'`,
    `SELECT 'COPY t FROM STDIN'`,
    '-- COPY t FROM STDIN\nSELECT 1',
    'SELECT 1; COPY t FROM STDIN',
    'COPYING t FROM STDIN',
    '',
  ])('does not find one in %j', (text) => {
    expect(copyIn(text)).toBe(undefined);
  });

  it('is done with long texts', () => {
    for (const text of [
      ' '.repeat(1_000_000),
      'COPY '.repeat(200_000),
      `COPY t (${'a,'.repeat(300_000)}`,
      '/*'.repeat(500_000),
    ]) {
      expect(copyIn(text)).toBe(undefined);
    }
  });
});

describe('customSettings', () => {
  it('finds names with a dot', () => {
    const text = `SET app.user = 'x'; set session "App".tenant to 3; select set_config ('app.role', 'a', false), 'asset.b'`;
    expect(customSettings(text)).toEqual(['app.user', 'App.tenant', 'app.role']);
    expect(customSettings(`UPDATE t SET a = b.c; SET search_path = x`)).toEqual([]);
  });
});

describe('asksForExtension', () => {
  it('is true where one may be installed or listed', () => {
    expect(asksForExtension('create\n extension if not exists hstore')).toBe(true);
    expect(asksForExtension(`DO $$BEGIN EXECUTE 'ALTER EXTENSION hstore UPDATE'; END$$`)).toBe(true);
    expect(asksForExtension('SELECT * FROM pg_available_extensions')).toBe(true);
    expect(asksForExtension('SELECT extname AS extension FROM pg_extension')).toBe(false);
  });
});

describe('replacement', () => {
  it('stands in for LISTEN only', () => {
    expect(replacement('/* a */ listen news')).toMatch(/^DO /);
    expect(replacement('UNLISTEN *')).toBe(undefined);
    expect(replacement(`SELECT 'LISTEN news'`)).toBe(undefined);
  });
});

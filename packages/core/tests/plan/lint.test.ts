import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lint, sealRelease, openDatabase } from '@lockstep/core';
import type { LintResult } from '@lockstep/core';
import { runCli } from '../../../../tests/fixtures/cli.ts';
import { someEngine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { configure, testProduct } from '../../../../tests/fixtures/product.ts';

const first = `CREATE TABLE shop (id bigint PRIMARY KEY, name text);
CREATE INDEX shop_name ON shop (name);
`;

function places({ problems }: LintResult): string[] {
  return problems.map(
    ({ file, line, column, rule }) => `${file.slice(file.lastIndexOf('/') + 1)}:${line}:${column} ${rule}`,
  );
}

it('tells file, line and column of what it finds, and knows the tables of releases before', async () => {
  const source = await testProduct({
    'V1.0.0.1__shop.sql': first,
    'V1.1.0.1__more.sql': `-- lockstep: drops shop.name
/* about
   owners */  ALTER TABLE shop DROP COLUMN name; ALTER TABLE shop
  ADD COLUMN owner text NOT NULL;
CREATE TABLE item (id bigint);
CREATE INDEX item_id ON item (id);
CREATE INDEX shop_owner ON shop (owner);`,
  });
  const result = await lint(await source.load('1.1.0'), ['postgres']);
  expect(places(result)).toEqual([
    'V1.1.0.1__more.sql:3:15 ban-drop-column',
    'V1.1.0.1__more.sql:3:50 adding-required-field',
    'V1.1.0.1__more.sql:7:1 require-concurrent-index-creation',
  ]);
  expect([result.files, result.errors, result.warnings]).toEqual([2, 2, 1]);
});

it('takes a rule off where a comment allows it, and finds comments that are wrong', async () => {
  const source = await testProduct({
    'V1.0.0.1__shop.sql': first,
    'V1.1.0.1__more.sql': `-- lockstep: allow ban-drop-column nobody reads it
ALTER TABLE shop DROP COLUMN name;
CREATE INDEX shop_id ON shop (id); -- lockstep: allow require-concurrent-index-creation the table is small
-- lockstep: allow ban-drop-table
DROP TABLE shop;
-- lockstep: allow ban-drop-tables a slip
-- lockstep: allow ban-drop-view, renaming-table not at all
SELECT 1;`,
  });
  expect(places(await lint(await source.load('1.1.0'), ['postgres']))).toEqual([
    'V1.1.0.1__more.sql:5:1 unexplained-allow',
    'V1.1.0.1__more.sql:8:1 unknown-rule',
    'V1.1.0.1__more.sql:8:1 unused-allow',
    'V1.1.0.1__more.sql:8:1 unused-allow',
  ]);
});

it('goes on behind a script that cannot be read', async () => {
  const source = await testProduct({
    'V1__a.sql': 'SELECT 1;\n  COMMIT;',
    'V2__b.sql': 'SELECT 1;\nSELEC 2;',
    'V3__c.sql': 'DROP TABLE shop;',
  });
  expect(places(await lint(await source.load('1.0.0'), ['postgres']))).toEqual([
    'V1__a.sql:2:3 unreadable',
    'V2__b.sql:2:1 unreadable',
    'V3__c.sql:1:1 ban-drop-table',
  ]);
});

it('takes rules as the configuration has them', async () => {
  const source = await testProduct({ 'V1__a.sql': 'CREATE TABLE shop (id varchar(3));\nDROP TABLE item;' });
  const product = await source.load('1.0.0');
  const severities = { 'ban-drop-table': 'off', 'prefer-text-field': 'error' } as const;
  expect(places(await lint(product, ['postgres'], { severities }))).toEqual(['V1__a.sql:1:1 prefer-text-field']);
  await expect(lint(product, ['postgres'], { severities: { nothing: 'off' } })).rejects.toMatchObject({
    code: 'USAGE',
  });
});

it('leaves out what is sealed, unless it is asked for', async () => {
  const engine = someEngine('postgres');
  const { url } = await freshDatabase(engine);
  const source = await testProduct({ 'V1.0.0.1__shop.sql': first, 'V1.0.0.2__drop.sql': 'DROP VIEW IF EXISTS item;' });
  const database = await openDatabase(url, { purpose: 'test' });
  await sealRelease(database, await source.load('1.0.0'), '1.0.0');
  await database.close();
  await source.write('V1.1.0.1__more.sql', 'ALTER TABLE shop DROP COLUMN name;');
  const product = await source.load('1.1.0');
  expect(places(await lint(product, ['postgres']))).toEqual(['V1.1.0.1__more.sql:1:1 ban-drop-column']);
  expect(places(await lint(product, ['postgres'], { all: true }))).toHaveLength(2);
  const file = join(source.folder, 'V1.0.0.2__drop.sql');
  expect(places(await lint(product, ['postgres'], { files: [file] }))).toEqual([
    'V1.0.0.2__drop.sql:1:1 ban-drop-view',
  ]);
});

it('ends with 4 for an error, and needs no database', async () => {
  const source = await testProduct({ 'V1__a.sql': 'DROP TABLE item;' });
  await configure(source, '1.0.0');
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' };
  const warned = await runCli(['lint'], { cwd: source.folder, env });
  expect([warned.code, warned.stdout]).toEqual([
    0,
    expect.stringContaining('V1__a.sql:1:1: warning: ban-drop-table (item)'),
  ]);
  await source.write('V2__b.sql', 'DROP DATABASE shop;');
  const failed = await runCli(['lint', '--json'], { cwd: source.folder, env });
  expect([failed.code, JSON.parse(failed.stdout)]).toEqual([
    4,
    expect.objectContaining({ ok: false, errors: 1, warnings: 1 }),
  ]);
  expect((await runCli(['lint', 'nowhere.sql'], { cwd: source.folder, env })).code).toBe(2);
  expect((await runCli(['lint', '--engine', 'oracle'], { cwd: source.folder, env })).code).toBe(2);
});

it('has its rules described in docs/lint.md, word for word', async () => {
  // The page's maker is a script without types.
  const script: unknown = await import(new URL('../../../../scripts/lint-doc.mjs', import.meta.url).href);
  const make: unknown = Reflect.get(Object(script), 'lintPage');
  const page = await readFile(new URL('../../../../docs/lint.md', import.meta.url), 'utf8');
  expect(typeof make === 'function' ? await make() : undefined).toBe(page);
});

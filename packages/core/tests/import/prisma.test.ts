import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { importPrisma, info, loadProduct, migrate, openDatabase, validate } from '@lockstep/core';
import type { Database, Product } from '@lockstep/core';
import { describeEachEngine, everyServer } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

const first = '-- CreateTable\nCREATE TABLE shop (\n    id INTEGER NOT NULL,\n\n    PRIMARY KEY (id)\n);\n';
const second = '-- AlterTable\nALTER TABLE shop ADD COLUMN owner TEXT;\n';
const third = 'ALTER TABLE shop ADD COLUMN city TEXT;\n';
const sum = (text: string): string => createHash('sha256').update(text).digest('hex');

const folderOf = async (provider: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
  const files = {
    '0_init/migration.sql': first,
    '20240131101500_add_owner/migration.sql': second,
    '20240131101501_add_the_city/migration.sql': third,
    'migration_lock.toml': `# do not edit\nprovider = "${provider}"\n`,
    ...more,
  };
  return (await testProduct(files)).folder;
};
const emptyProduct = async (): Promise<Product> =>
  loadProduct({
    name: 'shop',
    version: '1.0.0',
    migrations: join(await temporaryFolder(), 'new'),
    schemas: ['public'],
  });

interface PrismaRow {
  readonly name: string;
  readonly text?: string;
  readonly finished?: boolean;
  readonly rolledBack?: boolean;
}

describeEachEngine(
  'the import of Prisma',
  (engine) => {
    const opened: Database[] = [];
    const isPostgres = engine.family === 'postgres';
    const provider = isPostgres ? 'postgresql' : 'mysql';
    /** A database as Prisma leaves it: by hand, with its table. */
    const leftByPrisma = async (rows: readonly PrismaRow[], statements: readonly string[]): Promise<Database> => {
      const database = await openDatabase((await freshDatabase(engine)).url);
      opened.push(database);
      const session = await database.session({ schemas: ['public'] });
      for (const statement of statements) await session.execute(statement.replace(/;\s*$/, ''));
      await session.execute(
        isPostgres
          ? `CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL,
               finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
               started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`
          : `CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL,
               finished_at DATETIME(3), migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at DATETIME(3),
               started_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
               applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0
             ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
      );
      for (const [index, { name, text = '', finished = true, rolledBack = false }] of rows.entries()) {
        const at = (isThere: boolean): string => (isThere ? `'2024-02-0${index + 1} 10:00:00'` : 'NULL');
        await session.execute(`INSERT INTO _prisma_migrations VALUES ('${index}', '${sum(text)}', ${at(finished)},
          '${name}', NULL, ${at(rolledBack)}, ${at(true)}, 1)`);
      }
      await session.close();
      return database;
    };
    const applied: readonly PrismaRow[] = [
      { name: '0_init', text: first },
      { name: '20240131101500_add_owner', text: 'another text', finished: false, rolledBack: true },
      // Written on Windows.
      { name: '20240131101500_add_owner', text: second.replaceAll('\n', '\r\n') },
    ];
    afterEach(async () => {
      for (const database of opened.splice(0)) await database.close();
    });

    it('takes files and history over without running anything, and goes on', async () => {
      const database = await leftByPrisma(applied, [first, second]);
      const product = await emptyProduct();
      const source = await folderOf(provider);
      const files = [
        'V0__init.sql',
        'V20240131101500__add_owner.sql',
        'V20240131101501__add_the_city.sql',
        'V20240131101502__drop_prisma_history.sql',
      ];
      expect(await importPrisma(source, product, database)).toEqual({
        folder: product.migrations,
        files,
        applied: ['0', '20240131101500'],
      });
      expect((await readdir(product.migrations)).toSorted()).toEqual(files);
      expect(await readFile(join(product.migrations, 'V0__init.sql'), 'utf8')).toBe(first);
      const found = await info(database, product);
      expect(found).toMatchObject({ phase: 'ready', history: [{ version: '0' }, { version: '20240131101500' }] });
      expect(found.pending.map(({ version }) => version)).toEqual(['20240131101501', '20240131101502']);
      await expect(importPrisma(source, product, database)).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
      await migrate(database, product);
      expect(await validate(database, product)).toMatchObject({ drifted: false });
    });

    it.each<[string, readonly PrismaRow[], RegExp]>([
      ['failed', [{ name: '0_init', text: first, finished: false }], /0_init .* has failed/],
      ['rolled back', [{ name: '0_init', text: first, finished: false, rolledBack: true }], /0_init .* rolled back/],
      ['another text', [{ name: '0_init', text: 'x' }], /0_init .* SHA-256/],
      ['gone', [...applied, { name: '2023_gone', text: 'x' }], /2023_gone .* not in the folder/],
      ['with a gap', [{ name: '20240131101500_add_owner', text: second }], /0_init .* was not applied/],
    ])('refuses one that is %s, and has changed nothing', async (_, rows, message) => {
      const database = await leftByPrisma(rows, []);
      const product = await emptyProduct();
      await expect(importPrisma(await folderOf(provider), product, database)).rejects.toMatchObject({
        code: 'IMPORT_REFUSED',
        message: expect.stringMatching(message),
      });
      expect(await readdir(product.migrations)).toEqual([]);
      expect(await info(database, product)).toMatchObject({ phase: 'none' });
    });

    it('writes files only for an empty database, which is then migrated', async () => {
      const database = await openDatabase((await freshDatabase(engine)).url);
      opened.push(database);
      const product = await emptyProduct();
      expect(await importPrisma(await folderOf(provider), product, database)).toMatchObject({ applied: null });
      expect((await migrate(database, product)).applied).toHaveLength(4);
      const other = await folderOf(isPostgres ? 'mysql' : 'postgresql');
      await expect(importPrisma(other, await emptyProduct(), database)).rejects.toMatchObject({
        code: 'IMPORT_REFUSED',
      });
    });
  },
  everyServer,
);

describe('a folder of Prisma', () => {
  it('is read without a database, and again when it was cut off', async () => {
    const product = await emptyProduct();
    const source = await folderOf('postgresql');
    const done = await importPrisma(source, product, undefined);
    expect(done).toMatchObject({ applied: null, files: { length: 4 } });
    expect(await importPrisma(source, product, undefined)).toEqual(done);
    await expect(
      importPrisma(await folderOf('postgresql', { '0_init/migration.sql': second }), product, undefined),
    ).rejects.toThrow(/another text/);
    const other = await testProduct({ 'V7__x.sql': 'SELECT 1;' });
    await expect(importPrisma(source, await other.load('1.0.0'), undefined)).rejects.toThrow(/V7__x.sql/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['another provider', { 'migration_lock.toml': 'provider = "sqlite"' }, /sqlite/],
    ['a name without digits', { 'init/migration.sql': 'SELECT 1;' }, /timestamp/],
    ['two of the same moment', { '20240131101500_b/migration.sql': 'SELECT 1;' }, /not after/],
    ['no file', { '2025_x/other.sql': '' }, /2025_x/],
  ])('is refused with %s', async (_, more, message) => {
    const product = await emptyProduct();
    await expect(importPrisma(await folderOf('postgresql', more), product, undefined)).rejects.toThrow(message);
  });
});

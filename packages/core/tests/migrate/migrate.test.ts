import { expect, it } from 'vitest';
import { info, migrate, resolve, sealRelease, sql, validate } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { opener } from '../../../../tests/fixtures/shop.ts';
import type { TestProduct } from '../../../../tests/fixtures/product.ts';

const shop = {
  'V1.0.0.1__shop.sql': 'CREATE TABLE shop (id varchar(36) PRIMARY KEY, name varchar(100) NOT NULL);',
  'V1.0.0.2__first.sql': "INSERT INTO shop VALUES ('a', 'first'); INSERT INTO shop VALUES ('b', 'second');",
  'V1.1.0.1__owner.sql': 'ALTER TABLE shop ADD COLUMN owner varchar(100);',
};

const fill = `// lockstep: changes shop.owner
import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch({ session, sql }, cursor: string | null) {
    const [next] = await session.query(sql\`SELECT id FROM shop WHERE id > \${cursor ?? ''} ORDER BY id LIMIT 1\`);
    if (!next) return null;
    await session.run(sql\`UPDATE shop SET owner = \${'owner of ' + next.id} WHERE id = \${next.id ?? null}\`);
    return next.id ?? null;
  },
  async verify({ session, sql }) {
    const rows = await session.query(sql\`SELECT id FROM shop WHERE owner IS NULL\`);
    if (rows.length > 0) throw new Error('shops without owners: ' + rows.length);
  },
});
`;

describeEachEngine('migrate', (engine) => {
  const open = opener(engine);
  const owners = async (database: Database): Promise<unknown> => {
    const session = await database.session({ schemas: ['public'] });
    const rows = await session.query(sql`SELECT id, owner FROM shop ORDER BY id`);
    await session.close();
    return rows.map((row) => [row['id'], row['owner']]);
  };
  const sealed = async (database: Database, product: TestProduct, releases: readonly string[]): Promise<void> => {
    for (const release of releases) await sealRelease(database, await product.load(release), release);
  };

  it('goes from release to release, and then finds nothing to do', async () => {
    const database = await open();
    const source = await testProduct(shop);
    await source.write('V1.1.0.2__fill.ts', fill);
    const product = await source.load('1.1.0');
    const first = await migrate(database, product, { to: '1.1.0' });
    expect(first.applied.map(({ version }) => version)).toEqual(['1.0.0.1', '1.0.0.2', '1.1.0.1', '1.1.0.2']);
    expect(await owners(database)).toEqual([
      ['a', 'owner of a'],
      ['b', 'owner of b'],
    ]);
    expect(await migrate(database, product)).toMatchObject({ applied: [] });
    const found = await info(database, product);
    expect(found).toMatchObject({ phase: 'ready', pending: [], release: { code: '1.1.0', database: '0.0.0+4' } });
    expect(found.history.map(({ type }) => type)).toEqual(['SQL', 'SQL', 'SQL', 'CUSTOM']);
  });

  it('names the release that is whole once it is sealed', async () => {
    const database = await open();
    const source = await testProduct({ 'V1.0.0.1__shop.sql': shop['V1.0.0.1__shop.sql'] });
    await sealed(database, source, ['1.0.0']);
    await source.write('V1.1.0.1__owner.sql', shop['V1.1.0.1__owner.sql']);
    const product = await source.load('1.1.0');
    expect(await migrate(database, product, { to: '1.0.0' })).toMatchObject({ from: null, to: '1.0.0' });
    expect(await migrate(database, product)).toMatchObject({ from: '1.0.0', to: '1.0.0+1' });
    await expect(migrate(database, product, { to: '1.0.1' })).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN' });
    expect(await validate(database, product)).toMatchObject({ drifted: false });
  });

  it('finds a sealed file that was edited, and one that was added', async () => {
    const database = await open();
    const source = await testProduct({ 'V1.0.0.1__shop.sql': shop['V1.0.0.1__shop.sql'] });
    await sealed(database, source, ['1.0.0']);
    await source.write('V1.0.0.2__late.sql', 'SELECT 1;');
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
  });

  it('refuses an edited migration, one out of order, and one that the code has lost', async () => {
    const database = await open();
    const source = await testProduct({ 'V2__shop.sql': shop['V1.0.0.1__shop.sql'] });
    await migrate(database, await source.load('1.0.0'));
    await source.write('V1__early.sql', 'SELECT 1;');
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({
      code: 'MIGRATION_OUT_OF_ORDER',
    });
    const edited = await testProduct({ 'V2__shop.sql': 'CREATE TABLE shop (id int);' });
    await expect(migrate(database, await edited.load('1.0.0'))).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    const lost = await testProduct({ 'V3__shop.sql': 'SELECT 1;' });
    await expect(migrate(database, await lost.load('1.0.0'))).rejects.toMatchObject({ code: 'MIGRATION_MISSING' });
  });

  it('refuses a database that it does not know, and one of another product', async () => {
    const database = await open();
    const session = await database.session({ schemas: ['public'] });
    await session.execute('CREATE TABLE mine (id int)');
    const source = await testProduct(shop);
    await expect(migrate(database, await source.load('1.1.0'))).rejects.toMatchObject({ code: 'DATABASE_NOT_ADOPTED' });
    await session.execute('DROP TABLE mine');
    await session.close();
    await migrate(database, await source.load('1.1.0'));
    const other = { ...(await source.load('1.1.0')), name: 'other' };
    await expect(migrate(database, other)).rejects.toMatchObject({ code: 'OTHER_PRODUCT' });
  });

  it('leaves a failed migration so that it can be corrected and gone on with', async () => {
    const database = await open();
    const source = await testProduct({
      'V1.0.0.1__shop.sql': shop['V1.0.0.1__shop.sql'],
      'V1.0.0.2__bad.sql': 'ALTER TABLE shop ADD COLUMN a int;\nALTER TABLE shop ADD COLUMN a int;\n',
    });
    const failure = await migrate(database, await source.load('1.0.0')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'MIGRATION_FAILED', details: { version: '1.0.0.2', line: '2' } });
    const fixed = 'ALTER TABLE shop ADD COLUMN a int;\nALTER TABLE shop ADD COLUMN b int;\n';
    if (!database.dialect.transactionalDdl) {
      const product = await source.load('1.0.0');
      await expect(migrate(database, product)).rejects.toMatchObject({ code: 'PHASE_REFUSED' });
      expect(await resolve(database, product, '1.0.0.2', undefined)).toMatchObject({ statement: 2, done: 1, total: 2 });
      await resolve(database, product, '1.0.0.2', 'retry');
    }
    await source.write('V1.0.0.2__bad.sql', fixed);
    const product = await source.load('1.0.0');
    expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '1.0.0.2' }] });
    expect(await validate(database, product)).toMatchObject({ drifted: false });
    expect(await info(database, product)).toMatchObject({ phase: 'ready' });
  });

  it('is as whole as before when the first statement of a migration fails', async () => {
    const database = await open();
    const source = await testProduct({
      'V1.0.0.1__shop.sql': shop['V1.0.0.1__shop.sql'],
      'V1.0.0.2__bad.sql': 'ALTER TABLE nowhere ADD COLUMN a int;',
    });
    const product = await source.load('1.0.0');
    await expect(migrate(database, product)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await info(database, product)).toMatchObject({ phase: 'ready', release: { database: '0.0.0+1' } });
    await source.write('V1.0.0.2__bad.sql', 'ALTER TABLE shop ADD COLUMN a int;');
    expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '1.0.0.2' }] });
  });

  it('fails a data migration whose check fails, and goes on where it was', async () => {
    const database = await open();
    const source = await testProduct({
      ...shop,
      'V1.1.0.2__fill.ts': fill.replace('WHERE owner IS NULL', "WHERE owner <> ''"),
    });
    await expect(migrate(database, await source.load('1.1.0'))).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    await resolve(database, await source.load('1.1.0'), '1.1.0.2', 'rolled-back');
    await source.write('V1.1.0.2__fill.ts', fill);
    expect(await migrate(database, await source.load('1.1.0'))).toMatchObject({ applied: [{ version: '1.1.0.2' }] });
  });

  it('lets a migration import nothing but Node and the migration API', async () => {
    const database = await open();
    const source = await testProduct({ 'V1__x.ts': `import pg from 'pg';\nexport default pg;\n` });
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({
      code: 'MIGRATION_IMPORT_FORBIDDEN',
    });
  });

  it('finds drift and names it', async () => {
    const database = await open();
    const source = await testProduct(shop);
    const product = await source.load('1.1.0');
    await migrate(database, product);
    const session = await database.session({ schemas: ['public'] });
    await session.execute('ALTER TABLE shop ADD COLUMN secret varchar(10)');
    await session.close();
    const result = await validate(database, product);
    expect(result.drifted).toBe(true);
    expect(
      result.differences.some(
        ({ kind, what, name }) => kind === 'column' && what === 'extra' && name.endsWith('secret'),
      ),
    ).toBe(true);
  });

  it('lets one migrate while the others wait', async () => {
    const database = await open();
    const source = await testProduct({
      ...shop,
      'V1.1.0.3__wait.ts': `import { setTimeout } from 'node:timers/promises';
import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({ async batch() { await setTimeout(700); return null; } });`,
    });
    const product = await source.load('1.1.0');
    const waits: string[] = [];
    const onProgress = (progress: { readonly kind: string; readonly holder?: string }): void => {
      if (progress.kind === 'waiting') waits.push(progress.holder ?? '');
    };
    const results = await Promise.all([1, 2, 3].map(() => migrate(database, product, { onProgress })));
    expect(results.map(({ applied }) => applied.length).toSorted((left, right) => left - right)).toEqual([0, 0, 4]);
    expect(waits.length).toBeGreaterThan(0);
    // MariaDB tells no more than the connection, unless its performance schema is on.
    expect(waits[0]).toMatch(engine.family === 'mariadb' ? /connection \d+/ : /lockstep migrate/);
  });
});

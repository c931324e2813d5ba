import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, it } from 'vitest';
import {
  digestDatabase,
  info,
  listBackups,
  migrate,
  openStorage,
  resolve,
  sql,
  upgrade,
  validate,
} from '@lockstep/core';
import type { Database, Product, Progress } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { fillShop, olderShopProduct, opener, sealedShop } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

describeEachEngine('upgrade', (engine) => {
  const open = opener(engine);

  /** A shop at 1.0.0 with data, and its product at a version. Releases are sealed as far as they go. */
  const prepared = async (
    version: string,
    fill = true,
  ): Promise<{ database: Database; product: Product; to: string }> => {
    const database = await open();
    const source = await sealedShop(engine, database, ['1.0.0', '1.1.0', '1.2.0']);
    const product = await source.load('1.2.0');
    await migrate(database, product, { to: '1.0.0' });
    if (fill) await fillShop(database);
    return { database, product, to: version };
  };

  it('backs up, migrates, and proves what no migration declares to change', async () => {
    const { database, product, to } = await prepared('1.1.0');
    const storage = openStorage(await temporaryFolder());
    const result = await upgrade(database, product, storage, { to });
    expect(result).toMatchObject({ from: '1.0.0', to: '1.1.0', backup: { release: '1.0.0', rows: 110 } });
    const prefix = database.family === 'postgres' ? 'public.' : '';
    expect(result.comparison?.undeclared).toEqual([]);
    expect(result.comparison?.equal).toEqual([
      { table: `${prefix}item`, rows: 100, columns: 3 },
      { table: `${prefix}shop`, rows: 10, columns: 1 },
    ]);
    expect(result.comparison?.declared.toSorted()).toEqual([`${prefix}shop.name`, `${prefix}shop.old`]);
    expect(result.steps.map(({ name }) => name)).toEqual(['preflight', 'backup', 'verify', 'migrate', 'compare']);
    expect(await info(database, product)).toMatchObject({ phase: 'ready', release: { database: '1.1.0' } });
    expect((await storage.list()).length).toBe(1);
  });

  it('finds a change that no migration declares, and stays closed until it is settled', async () => {
    const { database, product } = await prepared('1.2.0');
    const storage = openStorage(await temporaryFolder());
    await expect(upgrade(database, product, storage)).rejects.toMatchObject({ code: 'UNDECLARED_CHANGE' });
    expect(await info(database, product)).toMatchObject({ phase: 'failed', detail: { migration: 'comparison' } });
    await expect(upgrade(database, product, storage)).rejects.toMatchObject({ code: 'PHASE_REFUSED' });
    await expect(migrate(database, product)).rejects.toMatchObject({ code: 'PHASE_REFUSED' });
    await resolve(database, product, 'comparison', 'retry');
    await expect(migrate(database, product)).rejects.toMatchObject({ code: 'PHASE_REFUSED' });
    await expect(upgrade(database, product, storage)).rejects.toMatchObject({ code: 'UNDECLARED_CHANGE' });
    await resolve(database, product, 'comparison', 'applied');
    expect(await upgrade(database, product, storage)).toMatchObject({ to: '1.2.0', applied: [] });
    expect(await info(database, product)).toMatchObject({ phase: 'ready', release: { database: '1.2.0' } });
  });

  it('takes no backup of a database that holds no data of its own', async () => {
    const { database, product } = await prepared('1.2.0', false);
    const storage = openStorage(await temporaryFolder());
    expect(await upgrade(database, product, storage)).toMatchObject({ from: '1.0.0', to: '1.2.0', backup: null });
    expect(await storage.list()).toEqual([]);
  });

  it('refuses a database that was changed by hand, before the first write', async () => {
    const { database, product } = await prepared('1.1.0');
    const session = await database.session({ schemas: ['public'] });
    await session.execute('ALTER TABLE item ADD COLUMN extra int');
    await session.close();
    const before = await digestDatabase(database, product);
    const storage = openStorage(await temporaryFolder());
    await expect(upgrade(database, product, storage)).rejects.toMatchObject({ code: 'DATABASE_DRIFTED' });
    expect(await digestDatabase(database, product)).toEqual(before);
    expect(await info(database, product)).toMatchObject({ phase: 'ready', epoch: '2' });
  });

  it('refuses while a server is alive, and a database of a later release', async () => {
    const { database, product } = await prepared('1.1.0');
    const session = await database.session({ schemas: ['public'] });
    const lease = async (until: string): Promise<void> => {
      await session.run(sql`DELETE FROM lockstep_lease`);
      await session.run(
        sql`INSERT INTO lockstep_lease VALUES ('l', 'server', '1.0.0', 'elsewhere', 1, NULL, 2, ${until}, ${until}, ${until})`,
      );
    };
    await lease('2999-01-01T00:00:00.000000Z');
    const storage = openStorage(await temporaryFolder());
    await expect(upgrade(database, product, storage)).rejects.toMatchObject({ code: 'LEASE_LIVE' });
    expect(await info(database, product)).toMatchObject({ phase: 'ready', leases: [{ host: 'elsewhere' }] });
    await lease('2001-01-01T00:00:00.000000Z');
    await session.close();
    await upgrade(database, product, storage, { to: '1.1.0' });
    const older = await (await olderShopProduct()).load('1.0.0');
    await expect(upgrade(database, older, storage)).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
    await expect(migrate(database, older)).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
    expect(await validate(database, product)).toMatchObject({ release: '1.1.0', drifted: false });
  });

  it('encrypts its backup, if it is given a key that opens it', async () => {
    const { database, product, to } = await prepared('1.1.0');
    const storage = openStorage(await temporaryFolder());
    const identity = await generateX25519Identity();
    const recipients = [await identityToRecipient(identity), await identityToRecipient(await generateX25519Identity())];
    const before = await digestDatabase(database, product);
    for (const identities of [[], [await generateX25519Identity()]]) {
      const keys = { recipients, identities };
      await expect(upgrade(database, product, storage, { to, keys })).rejects.toMatchObject({ code: 'KEY_MISSING' });
    }
    expect(await digestDatabase(database, product)).toEqual(before);
    expect(await info(database, product)).toMatchObject({ phase: 'ready', epoch: '2' });
    expect(await storage.list()).toEqual([]);

    // Stopped with its backup taken: who goes on needs the key too, and nothing else does.
    const stop = new Error('stopped');
    const onProgress = (progress: Progress): void => {
      if (progress.kind === 'phase' && progress.name === 'upgrade:saved') throw stop;
    };
    const keys = { recipients, identities: [identity] };
    await expect(upgrade(database, product, storage, { to, keys, onProgress })).rejects.toBe(stop);
    await expect(upgrade(database, product, storage, { to })).rejects.toMatchObject({ code: 'FILE_ENCRYPTED' });
    const wrong = { recipients, identities: [await generateX25519Identity()] };
    await expect(upgrade(database, product, storage, { to, keys: wrong })).rejects.toMatchObject({ code: 'KEY_WRONG' });
    expect(await info(database, product)).toMatchObject({ phase: 'migrating', release: { database: '1.0.0' } });
    const result = await upgrade(database, product, storage, { to, keys: { recipients: [], identities: [identity] } });
    expect(result).toMatchObject({ from: '1.0.0', to: '1.1.0', backup: { rows: 110 }, comparison: { undeclared: [] } });
    expect(await listBackups(storage)).toMatchObject([{ release: '1.0.0', encrypted: true, damage: null }]);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { backup, LockstepError, migrate, openDatabase, openStorage, restore, sql } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { testProduct } from '../fixtures/product.ts';
import { withBackup } from '../fixtures/shop.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** What is in all the accounts together, whatever the writers do. */
const total = 200_000;

describeEachEngine('backups under writers', (engine) => {
  it('hold the sum that the writers keep', { timeout: 180_000 }, async () => {
    const source = await openDatabase((await freshDatabase(engine)).url);
    const account = 'id varchar(36) PRIMARY KEY, amount bigint NOT NULL, padding text NOT NULL';
    const product = await (
      await testProduct({ 'V1__bank.sql': `CREATE TABLE giro (${account}); CREATE TABLE savings (${account});` })
    ).load('1.0.0');
    await migrate(source, product);
    await fill(source);

    const stop = new AbortController();
    const writers = Array.from({ length: Math.min(4, source.parallelSessions) }, (_, index) =>
      write(source, index, stop.signal),
    );
    const storage = openStorage(await temporaryFolder());
    const files: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      files.push((await backup(source, product, storage)).file);
      await sleep(20);
    }
    stop.abort();
    const moved = (await Promise.all(writers)).reduce((sum, transfers) => sum + transfers, 0);
    expect(moved).toBeGreaterThan(files.length);

    const roots = new Set<string>();
    for (const file of files.filter((_, index) => index % 3 === 0)) {
      const target = await openDatabase((await freshDatabase(engine)).url);
      roots.add((await withBackup(file, (archive) => restore(target, product, archive))).contentRoot);
      expect(await sumOf(target)).toBe(String(total));
      await target.close();
    }
    // Otherwise the writers stood still, and the sum proves nothing.
    expect(roots.size).toBeGreaterThan(1);
    expect(await sumOf(source)).toBe(String(total));
    await source.close();
  });
});

async function fill(database: Database): Promise<void> {
  const session = await database.session({ schemas: ['public'] });
  const padding = 'x'.repeat(2000);
  await session.transaction(async () => {
    for (let id = 0; id < 1000; id += 1) {
      await session.run(sql`INSERT INTO giro (id, amount, padding) VALUES (${`a${id}`}, 100, ${padding})`);
      await session.run(sql`INSERT INTO savings (id, amount, padding) VALUES (${`a${id}`}, 100, ${padding})`);
    }
  });
  await session.close();
}

/** Moves money between the two tables, and accounts in and out of them, until it is told to stop. */
async function write(database: Database, writer: number, signal: AbortSignal): Promise<number> {
  const session = await database.session({ schemas: ['public'] });
  let transfers = 0;
  while (!signal.aborted) {
    // Each writer has accounts of its own, so none waits for another.
    const id = `a${(transfers % 250) * 4 + writer}`;
    const transfer = session.transaction(async () => {
      await session.run(sql`UPDATE giro SET amount = amount - 7 WHERE id = ${id}`);
      await session.run(sql`UPDATE savings SET amount = amount + 7 WHERE id = ${id}`);
      if (transfers % 5 === 0) {
        await session.run(sql`DELETE FROM savings WHERE id = ${`new ${writer}`}`);
        const kept = await session.run(sql`DELETE FROM giro WHERE id = ${`debt ${writer}`}`);
        if (kept === 0) {
          await session.run(sql`INSERT INTO savings (id, amount, padding) VALUES (${`new ${writer}`}, 50, '')`);
          await session.run(sql`INSERT INTO giro (id, amount, padding) VALUES (${`debt ${writer}`}, -50, '')`);
        }
      }
    });
    // A server may end a transaction in favour of another one. Nothing of it has happened then.
    await transfer.catch((error: unknown) => {
      const state = error instanceof LockstepError ? error.details['sqlState'] : undefined;
      if (!state?.startsWith('40')) throw error;
    });
    transfers += 1;
    await sleep(1);
  }
  await session.close();
  return transfers;
}

async function sumOf(database: Database): Promise<string | null | undefined> {
  const session = await database.session({ schemas: ['public'] });
  const [row] = await session.query(
    sql`SELECT (SELECT sum(amount) FROM giro) + (SELECT sum(amount) FROM savings) AS total`,
  );
  await session.close();
  return row?.['total'];
}

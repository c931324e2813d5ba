import { expect, it } from 'vitest';
import { info, migrate, openDatabase, raw, sql } from '@lockstep/core';
import type { Database, Progress } from '@lockstep/core';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine, everyServer } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import type { TestProduct } from '../../../../tests/fixtures/product.ts';
import { until } from '../../../../tests/fixtures/until.ts';

const shop = {
  'V1.0.0.1__shop.sql': `CREATE TABLE shop (id varchar(36) PRIMARY KEY, name varchar(100) NOT NULL);
INSERT INTO shop VALUES ('a', 'first');`,
};

const batch = `// lockstep: changes shop.name
import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch({ session, sql }, cursor: string | null) {
    if (cursor !== null) return null;
    await session.run(sql\`INSERT INTO shop VALUES (\${'c'}, \${'third'})\`);
    await session.run(sql\`UPDATE shop SET name = \${'changed'} WHERE id = \${'a'}\`);
    return 'done';
  },
});
`;

const read = 'SELECT name FROM shop';
const write = "UPDATE shop SET name = 'theirs' WHERE id = 'a'";

const cases = [
  ['a definition', read, { 'V1.1.0.1__owner.sql': 'ALTER TABLE shop ADD COLUMN owner varchar(10);' }],
  [
    'a row, in a transaction',
    write,
    { 'V1.1.0.1__rows.sql': `INSERT INTO shop VALUES ('c', 'third');\n${write.replace('theirs', 'changed')};` },
  ],
  ['a row, in a batch', write, { 'V1.1.0.1__rows.ts': batch }],
] as const;

/** What is held until it is let go, by another session. */
async function hold(database: Database, statement: string): Promise<{ id: string; letGo: () => Promise<void> }> {
  const session = await database.session({ purpose: 'report', schemas: ['public'] });
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let began: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (began = resolve));
  const held = session.transaction(async () => {
    await (statement === read ? session.query(raw(statement)) : session.execute(statement));
    began();
    await released;
  });
  await begun;
  return {
    id: session.id.split('@')[0] ?? '',
    letGo: async () => {
      release();
      await held;
      await session.close();
    },
  };
}

describeEachEngine(
  'a migration that gets no lock',
  (engine) => {
    const installed = async (): Promise<{ database: Database; source: TestProduct }> => {
      const { url } = await freshDatabase(engine);
      const database = await openDatabase(url);
      atEnd(() => database.close());
      const source = await testProduct(shop);
      await migrate(database, await source.load('1.0.0'));
      return { database, source };
    };

    it.each(cases)('on %s names who has it, lets others through, and tries again', async (_what, held, files) => {
      const { database, source } = await installed();
      for (const [file, text] of Object.entries(files)) await source.write(file, text);
      const blocker = await hold(database, held);
      const waits: string[] = [];
      const onProgress = (progress: Progress): void => {
        if (progress.kind === 'waiting') waits.push(progress.holder);
      };
      const locks = { timeoutSeconds: 2 };
      const migrating = migrate(database, await source.load('1.1.0'), { onProgress, locks });
      migrating.catch(() => undefined);
      await until(() => waits.length > 0);
      expect(waits[0]).toMatch(new RegExp(`^the locks of .*\\b(backend|connection) ${blocker.id}\\b`));
      // Behind a change that waits on and on, this would wait as well.
      const reader = await database.session({ schemas: ['public'] });
      expect(await reader.query(raw(read))).toHaveLength(1);
      await reader.close();
      await blocker.letGo();
      expect(await migrating).toMatchObject({ applied: [{ version: '1.1.0.1' }] });
      const session = await database.session({ schemas: ['public'] });
      const rows = await session.query(sql`SELECT name FROM shop ORDER BY id`);
      await session.close();
      const names = rows.map(({ name }) => name);
      expect(names).toEqual(held === read ? ['first'] : ['changed', 'third']);
    });

    it('fails when its time is over, and has done nothing', async () => {
      const { database, source } = await installed();
      await source.write('V1.1.0.1__owner.sql', 'ALTER TABLE shop ADD COLUMN owner varchar(10);');
      const blocker = await hold(database, read);
      const product = await source.load('1.1.0');
      const locks = { timeoutSeconds: 2, waitSeconds: 0 };
      await expect(migrate(database, product, { locks })).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        message: expect.stringMatching(
          new RegExp(`Gave up after waiting \\d+ s for the locks of .*\\b${blocker.id}\\b`),
        ),
      });
      expect(await info(database, product)).toMatchObject({ phase: 'ready', release: { database: '0.0.0+1' } });
      await blocker.letGo();
      expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '1.1.0.1' }] });
    });
  },
  everyServer,
);

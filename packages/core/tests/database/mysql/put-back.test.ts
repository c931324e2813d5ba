import { expect, it } from 'vitest';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { raw } from '#core/database/sql.js';
import { Crew } from '#core/restore/crew.js';
import { Builder, stagesOf } from '#core/restore/put-back.js';
import type { Shape } from '#core/shape/shape.js';
import { fingerprint } from '#core/shape/fingerprint.js';
import { homeOf } from '#core/state/tables.js';
import { describeEachServer, failure, loadZoo, openFresh } from './servers.ts';

/** Takes away what a restore takes away, and puts it back. Returns the statements that did it. */
async function again(database: MysqlDatabase, session: MysqlSession, shape: Shape): Promise<string[]> {
  for (const { drop } of shape.after.toReversed()) if (drop) await session.execute(drop);
  const after = shape.after.filter(({ drop }) => drop !== undefined);
  const crew = new Crew([session, await database.session()], undefined);
  const home = homeOf(session, database.dialect, []);
  const stages = stagesOf(home, after, await session.describe(), []);
  const builder = new Builder(stages, {});
  for (const stage of stages) await crew.each(stage, (worker, task) => builder.build(worker, task));
  return stages.flatMap((stage) => stage.flatMap(({ statements }) => statements));
}

describeEachServer('putting back', (engine) => {
  it('makes every index, key and trigger of the zoo as it was', async () => {
    const { database } = await openFresh(engine);
    const session = await loadZoo(database);
    const tables = async (): Promise<unknown[]> => {
      const { tables: list } = await session.describe();
      const shown: unknown[] = [];
      // An older MariaDB writes the default of a column of bytes as it is.
      for (const { name } of list.filter((table) => table.name !== 'bytes')) {
        shown.push(...(await session.query(raw(`SHOW CREATE TABLE ${database.dialect.quote(name)}`))));
      }
      return shown;
    };
    const [shape, shown] = [await session.describe(), await tables()];
    await again(database, session, shape);
    expect(await tables()).toEqual(shown);
    const found = await session.describe();
    expect(fingerprint(found)).toBe(fingerprint(shape));
    expect(found.after).toEqual(shape.after);
  });

  it('reads a table once for its plain indexes', async () => {
    const { database } = await openFresh(engine);
    const session = await database.session();
    await session.execute(`CREATE TABLE \`a\`\`b\` (id int PRIMARY KEY, \`x) y\` int, d datetime DEFAULT '2000-01-01', t text,
      KEY one (\`x) y\`), UNIQUE KEY two (d, \`x) y\` DESC), KEY three (t(10)) COMMENT 'it''s (\\\\ x', KEY four (id, d),
      FULLTEXT KEY words (t), KEY odd (d) COMMENT 'a;b')`);
    const statements = await again(database, session, await session.describe());
    expect(statements.map((text) => text.match(/ADD /g)?.length ?? 0).toSorted((a, b) => a - b)).toEqual([1, 1, 4]);
  });

  it('validates foreign keys', async () => {
    const { database } = await openFresh(engine);
    const session = await database.session();
    await session.execute('CREATE TABLE parents (a int, b varchar(9), PRIMARY KEY (a, b))');
    await session.execute(`CREATE TABLE children (id int PRIMARY KEY, a int, b varchar(9), self int,
      CONSTRAINT to_parent FOREIGN KEY (a, b) REFERENCES parents (a, b),
      CONSTRAINT to_self FOREIGN KEY (self) REFERENCES children (id))`);
    await session.execute(`INSERT INTO parents VALUES (1, 'x')`);
    await session.execute(`INSERT INTO children VALUES (1, 1, 'X', NULL), (2, NULL, 'none', 1), (3, 7, NULL, 2)`);
    const shape = await session.describe();
    await again(database, session, shape);
    await expect(session.execute(`INSERT INTO children VALUES (4, 1, 'y', 1)`)).rejects.toMatchObject({
      details: { number: '1452' },
    });

    for (const [orphan, key] of [
      [`(4, 1, 'y', 1)`, 'children.to_parent'],
      [`(5, 1, 'x', 99)`, 'children.to_self'],
    ] as const) {
      const other = await database.session();
      await other.execute('SET foreign_key_checks = 0');
      await other.execute(`INSERT INTO children VALUES ${orphan}`);
      await other.execute('SET foreign_key_checks = 1');
      const error = await failure(again(database, other, shape));
      expect(error).toMatchObject({ code: 'FOREIGN_KEY_BROKEN', details: { foreignKey: key } });
      const last = await database.session();
      expect(await last.query(raw(error.details['query'] ?? ''))).toMatchObject([{ id: orphan[1] }]);
      await last.execute(`DELETE FROM children WHERE id = ${orphan[1]}`);
      for (const { kind, create } of shape.after) if (kind === 'foreign key') await last.execute(create);
    }
  });
});

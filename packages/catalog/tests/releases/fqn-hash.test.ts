import { sql } from '@lockstep/core';
import { expect, it } from 'vitest';
import { hashOfName } from '#catalog/fully-qualified-name.js';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { documentOf, oldCatalog, tableOf } from './release.ts';

/** Names that a comparison in some collation takes for one, every plane of Unicode, and the longest there can be. */
const hard = [
  'a',
  'A',
  'a ',
  'a  ',
  'á',
  'a\u0301',
  'ß',
  'ss',
  'i',
  'ı',
  'a.b',
  '"a.b"',
  '"""a"""',
  '\u0001',
  '\u200B',
  '\t',
  '\\',
  "'",
  ...Array.from({ length: 17 }, (_, plane) => String.fromCodePoint(plane * 0x10000 + 0xab)),
  '\u{10FFFF}'.repeat(3072),
  `${'\u{10FFFF}'.repeat(3071)}x`,
];

describeEachEngine('release 1.1.0', (engine) => {
  it('gives every row the hash of its name', async () => {
    const catalog = await oldCatalog(engine);
    for (const [index, name] of hard.entries()) {
      const id = `t${String(index).padStart(3, '0')}`;
      await catalog.insert('table_entity', { ...tableOf(id, 'x'), fullyQualifiedName: name });
    }
    // More rows than one batch has.
    const many = Array.from({ length: 2100 }, (_, index) => `u${String(index).padStart(5, '0')}`);
    const session = await catalog.database.session({ schemas: ['public'] });
    await session.transaction(async () => {
      for (const id of many) {
        await session.run(
          sql`INSERT INTO user_entity (id, json) VALUES (${id}, ${JSON.stringify(documentOf(id, id))})`,
        );
      }
    });
    await session.close();
    await catalog.migrateTo('1.1.0');

    const rows = await catalog.query(sql`
      SELECT fully_qualified_name AS name, fqn_hash AS hash FROM table_entity
      UNION ALL SELECT fully_qualified_name, fqn_hash FROM user_entity`);
    expect(rows.length).toBe(hard.length + many.length);
    expect(new Set(rows.map((row) => row['name']))).toEqual(new Set([...hard, ...many]));
    expect(rows.filter((row) => row['hash'] !== hashOfName(row['name'] ?? ''))).toEqual([]);
  });

  it('refuses names that are there twice, by name', async () => {
    const catalog = await oldCatalog(engine);
    for (const id of ['t1', 't2']) await catalog.insert('table_entity', tableOf(id, 'shop.db.public.orders'));
    await catalog.insert('table_entity', tableOf('t3', 'shop.db.public.ORDERS'));
    const failure = catalog.migrateTo('1.1.0');
    await expect(failure).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    await expect(failure).rejects.toThrow(/table_entity.*shop\.db\.public\.orders.*id t1.*id t2/);
    await expect(failure).rejects.not.toThrow(/ORDERS|t3/);
  });
});

describeEachEngine(
  'release 1.1.0',
  (engine) => {
    it('refuses documents without a name, by id', async () => {
      const catalog = await oldCatalog(engine);
      await catalog.insert('user_entity', { id: 'nameless', updatedAt: 1 });
      await expect(catalog.migrateTo('1.1.0')).rejects.toThrow(/user_entity.*nameless/);
    });
  },
  // Elsewhere the generated column is NOT NULL, so there can be none.
  (engine) => engine.family !== 'postgres',
);

import type { Family, Product } from '@lockstep/core';
import { configure, testProduct } from '../fixtures/product.ts';

/**
 * A small product with what the catalog's migrations do not have: rows that the migrations bring, statements that run
 * outside of transactions, and statements that last as long as the connection.
 */
export async function hardMigrations(family: Family): Promise<{ readonly folder: string; readonly product: Product }> {
  const source = await testProduct(family === 'postgres' ? postgres : mysql);
  await source.write('V1.1.0.3__fill.ts', fill);
  await configure(source, '1.1.0');
  return { folder: source.folder, product: await source.load('1.1.0') };
}

const tables = `
CREATE TABLE shop (id int PRIMARY KEY, name varchar(100) NOT NULL, owner varchar(100));
CREATE TABLE setting (name varchar(100) PRIMARY KEY, value varchar(100) NOT NULL);
`;
const rows = `
INSERT INTO shop (id, name) VALUES (1, 'first'), (2, 'second'), (3, 'third'), (4, 'fourth');
INSERT INTO setting VALUES ('currency', 'EUR');
`;

// A variable that was reset is empty, and one that this server process never had is NULL.
const postgres = {
  'V1.0.0.1__tables.sql': tables,
  'V1.0.0.2__rows.sql': rows,
  'V1.1.0.1__indexes.sql': `
CREATE TEMPORARY TABLE old AS SELECT name FROM setting;
SET lockstep_test.word = 'remembered';
CREATE INDEX CONCURRENTLY shop_name ON shop (name);
CREATE UNIQUE INDEX CONCURRENTLY shop_both ON shop (name, id);
INSERT INTO setting SELECT 'old ' || name, current_setting('lockstep_test.word') FROM old;
DROP INDEX CONCURRENTLY shop_name;
`,
  'V1.1.0.2__last.sql': `
INSERT INTO setting SELECT 'of another migration', coalesce(nullif(current_setting('lockstep_test.word', true), ''), 'forgotten');
VACUUM shop;
ALTER TABLE shop ADD COLUMN city varchar(100);
`,
};

const mysql = {
  'V1.0.0.1__tables.sql': tables,
  'V1.0.0.2__rows.sql': rows,
  'V1.1.0.1__indexes.sql': `
CREATE TEMPORARY TABLE old AS SELECT name FROM setting;
SET @word = 'remembered';
CREATE INDEX shop_name ON shop (name);
CREATE UNIQUE INDEX shop_both ON shop (name, id);
INSERT INTO setting SELECT concat('old ', name), @word FROM old;
DROP INDEX shop_name ON shop;
`,
  'V1.1.0.2__last.sql': `
INSERT INTO setting SELECT 'of another migration', coalesce(@word, 'forgotten');
ANALYZE TABLE shop;
ALTER TABLE shop ADD COLUMN city varchar(100);
`,
};

const fill = `// lockstep: changes shop.owner
import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch({ session, sql }, cursor) {
    const [next] = await session.query(sql\`SELECT min(id) AS id FROM shop WHERE id > \${Number(cursor ?? 0)}\`);
    if (!next?.id) return null;
    await session.run(sql\`UPDATE shop SET owner = concat(coalesce(owner, ''), 'owner of ', name) WHERE id = \${Number(next.id)}\`);
    return next.id;
  },
});
`;

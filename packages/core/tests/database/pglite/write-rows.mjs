// Opens the database of a folder and adds rows without end. Prints `open`, then the id of each row that was acknowledged.
import { openPglite } from '#core/database/pglite/open.js';
import { sql } from '#core/database/sql.js';

const database = await openPglite(`pglite:${process.argv[2]}`, {
  purpose: 'write',
  serves: process.argv[3] === 'serve',
});
const session = await database.session({ schemas: ['public'] });
await session.execute('CREATE TABLE IF NOT EXISTS item (id int PRIMARY KEY, text text)');
process.stdout.write('open\n');
const [row] = await session.query(sql`SELECT coalesce(max(id), 0) AS last FROM item`);
for (let id = Number(row?.last) + 1; ; id += 1) {
  await session.run(sql`INSERT INTO item VALUES (${id}, repeat(md5(${id}::text), 20))`);
  process.stdout.write(`${id}\n`);
}

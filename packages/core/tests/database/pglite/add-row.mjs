// Opens the database of a folder, adds one row, and closes it again.
import { openPglite } from '#core/database/pglite/open.js';
import { sql } from '#core/database/sql.js';

const database = await openPglite(`pglite:${process.argv[2]}`, { purpose: 'add a row' });
const session = await database.session({ schemas: ['public'] });
await session.execute('CREATE TABLE IF NOT EXISTS row_of (process int)');
await session.run(sql`INSERT INTO row_of VALUES (${process.pid})`);
await database.close();

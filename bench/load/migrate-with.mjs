// node migrate-with.mjs TOOL URL FOLDER, in a folder where the tools are installed: runs what is pending of FOLDER.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [tool, url, folder] = process.argv.slice(2);
const isMysql = url.startsWith('mysql:');
const require = createRequire(join(process.cwd(), 'package.json'));

/** A package of the working folder, whatever form it has. */
async function load(name) {
  const module = await import(pathToFileURL(require.resolve(name)).href);
  return module.default && Object.keys(module).length === 1 ? module.default : module;
}

function files() {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.toSorted();
}

const tools = {
  'node-pg-migrate': async () => {
    const { runner } = await import(
      pathToFileURL(join(process.cwd(), 'node_modules/node-pg-migrate/dist/bundle/index.js'))
    );
    const options = { databaseUrl: url, dir: folder, direction: 'up', migrationsTable: 'pgmigrations' };
    await runner({ ...options, singleTransaction: false, log: () => {} });
  },
  knex: async () => {
    const { knex } = await load('knex');
    const open = knex({ client: isMysql ? 'mysql2' : 'pg', connection: url });
    const migrationSource = {
      getMigrations: async () => files(),
      getMigrationName: (name) => name,
      getMigration: async (name) => ({
        up: (database) => database.raw(readFileSync(join(folder, name), 'utf8')),
        down: async () => {},
      }),
    };
    await open.migrate.latest({ migrationSource });
    await open.destroy();
  },
  kysely: async () => {
    const { Kysely, Migrator, MysqlDialect, PostgresDialect, sql } = await load('kysely');
    const dialect = isMysql
      ? new MysqlDialect({ pool: (await load('mysql2')).createPool(url) })
      : new PostgresDialect({ pool: new (await load('pg')).Pool({ connectionString: url }) });
    const db = new Kysely({ dialect });
    const one = (name) => ({ up: (at) => sql.raw(readFileSync(join(folder, name), 'utf8')).execute(at) });
    const provider = { getMigrations: async () => Object.fromEntries(files().map((name) => [name, one(name)])) };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error) throw error;
    await db.destroy();
  },
  drizzle: async () => {
    const driver = isMysql ? 'mysql2' : 'node-postgres';
    const { drizzle } = await load(`drizzle-orm/${driver}`);
    const { migrate } = await load(`drizzle-orm/${driver}/migrator`);
    const client = isMysql
      ? await (await load('mysql2/promise')).createConnection(url)
      : new (await load('pg')).Client(url);
    if (!isMysql) await client.connect();
    await migrate(drizzle(client), { migrationsFolder: folder });
    await client.end();
  },
  postgrator: async () => {
    const { default: Postgrator } = await import(
      pathToFileURL(join(process.cwd(), 'node_modules/postgrator/postgrator.js'))
    );
    const client = isMysql
      ? await (await load('mysql2/promise')).createConnection(url)
      : new (await load('pg')).Client(url);
    if (!isMysql) await client.connect();
    const execQuery = isMysql
      ? async (text) => ({ rows: (await client.query(text))[0] })
      : (text) => client.query(text);
    const { pathname } = new URL(url);
    const postgrator = new Postgrator({
      migrationPattern: `${folder}/*.sql`,
      driver: isMysql ? 'mysql' : 'pg',
      database: pathname.slice(1),
      schemaTable: 'schemaversion',
      execQuery,
    });
    await postgrator.migrate();
    await client.end();
  },
};

await tools[tool]();
process.exit(0);

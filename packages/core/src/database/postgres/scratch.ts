import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { LockstepError } from '../../errors.ts';
import type { Database, Scratch, Session } from '../database.ts';
import { sql } from '../sql.ts';
import { sqlStateOf } from './failure.ts';
import { literal, quote } from './quote.ts';

const prefix = 'lockstep_scratch_';
/** The comment of a scratch database. With it, and without a session in it, a database is left over. */
const marker = 'Scratch database of Lockstep, may be dropped.';

/**
 * Creates an empty database on the same server, with the encoding and the collation of `origin`, and opens it. Left over
 * ones, whose process died, are dropped first. Throws PRIVILEGE_MISSING without CREATEDB.
 */
export async function createScratch(origin: Database, open: (name: string) => Database): Promise<Scratch> {
  const name = prefix + randomBytes(8).toString('hex');
  const session = await origin.session({ purpose: 'scratch' });
  try {
    await dropLeftOver(session);
    await session.execute(await createStatement(session, name));
    return await openNew(origin, open(name), session, name);
  } catch (error) {
    throw privilege(error);
  } finally {
    await session.close();
  }
}

async function openNew(origin: Database, database: Database, session: Session, name: string): Promise<Scratch> {
  try {
    // As long as this session is in it, the database is in use. Its marker comes after that.
    const keeper = await database.session({ purpose: `scratch of process ${process.pid}` });
    const comment = `${marker} Made by process ${process.pid} on ${hostname()}.`;
    await session.execute(`COMMENT ON DATABASE ${quote(name)} IS ${literal(comment)}`);
    return { database, drop: () => drop(origin, database, keeper, name) };
  } catch (error) {
    await database.close();
    await session.execute(`DROP DATABASE IF EXISTS ${quote(name)} WITH (FORCE)`);
    throw error;
  }
}

async function drop(origin: Database, database: Database, keeper: Session, name: string): Promise<void> {
  await keeper.close();
  await database.close();
  const session = await origin.session({ purpose: 'scratch' });
  try {
    await session.execute(`DROP DATABASE IF EXISTS ${quote(name)} WITH (FORCE)`);
  } finally {
    await session.close();
  }
}

/** CREATE DATABASE with the locale of the current database, whatever its provider. */
async function createStatement(session: Session, name: string): Promise<string> {
  const [row] = await session.query(sql`SELECT pg_catalog.pg_encoding_to_char(encoding) AS encoding,
    datcollate, datctype, datlocprovider AS provider,
    COALESCE(pg_catalog.to_jsonb(d)->>'datlocale', pg_catalog.to_jsonb(d)->>'daticulocale') AS locale,
    COALESCE(pg_catalog.to_jsonb(d)->>'daticurules', '') AS rules
    FROM pg_catalog.pg_database d WHERE datname = pg_catalog.current_database()`);
  const text = (column: string): string => literal(row?.[column] ?? '');
  const providers: Readonly<Record<string, string>> = {
    i: `LOCALE_PROVIDER icu ICU_LOCALE ${text('locale')}${row?.['rules'] ? ` ICU_RULES ${text('rules')}` : ''}`,
    b: `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${text('locale')}`,
  };
  const provider = providers[row?.['provider'] ?? ''] ?? '';
  return `CREATE DATABASE ${quote(name)} TEMPLATE template0 ENCODING ${text('encoding')} LC_COLLATE ${text('datcollate')} LC_CTYPE ${text('datctype')} ${provider}`;
}

async function dropLeftOver(session: Session): Promise<void> {
  for (const row of await session.query(leftOver)) {
    try {
      await session.execute(`DROP DATABASE IF EXISTS ${quote(row['datname'] ?? '')}`);
    } catch (error) {
      // 55006: somebody has just connected to it. 42501: it belongs to somebody else.
      if (!['55006', '42501'].includes(sqlStateOf(error) ?? '')) throw error;
    }
  }
}

const leftOver = sql`SELECT datname FROM pg_catalog.pg_database d
  WHERE pg_catalog.starts_with(datname, ${prefix})
  AND pg_catalog.starts_with(pg_catalog.shobj_description(d.oid, 'pg_database'), ${marker})
  AND pg_catalog.pg_has_role(datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)`;

function privilege(error: unknown): unknown {
  if (!(error instanceof LockstepError) || error.code !== 'PRIVILEGE_MISSING') return error;
  const doing = 'create a scratch database, for which the user needs CREATEDB';
  return new LockstepError('PRIVILEGE_MISSING', { ...error.details, doing }, { cause: error });
}

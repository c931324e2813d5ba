import { LockstepError } from '../../errors.ts';
import type { Counter, Row, Shape, Snapshot, TablePart, TableShape } from '../database.ts';
import { identifier, join, sql } from '../sql.ts';
import { clock } from './clock.ts';
import { sqlStateOf } from './failure.ts';
import { arrayText, quote, quoteTable } from './quote.ts';
import { copyTarget } from './row-form.ts';
import type { PostgresSession } from './session.ts';
import { lockTables } from './table-locks.ts';

export interface SnapshotOptions {
  readonly lockSeconds: number;
  readonly blocksPerRead: number | undefined;
}

/**
 * Turns a session into a snapshot: locks all tables of the schemas against changes of their shape, as pg_dump does, and
 * only then looks at the database for the first time. The session stays in this transaction until it is closed.
 * Throws LOCK_TIMEOUT, SNAPSHOT_CHANGED, PRIVILEGE_MISSING.
 */
export async function openSnapshot(
  session: PostgresSession,
  schemas: readonly string[],
  options: SnapshotOptions,
): Promise<Snapshot> {
  await lockTables(session, schemas, options.lockSeconds);
  const [moment] = await session.query(sql`SELECT ${clock()} AS taken_at, ${position} AS lsn,
    pg_catalog.pg_current_snapshot()::text AS snapshot`);
  await refuseRowSecurity(session, schemas);
  const shape = await session.describe(schemas);
  return new PostgresSnapshot(session, schemas, shape, moment ?? {}, options.blocksPerRead);
}

/** Where the log stood; on a replica, up to where it was replayed. Managed servers may keep it to themselves. */
const position = sql`CASE
  WHEN pg_catalog.pg_is_in_recovery() AND pg_catalog.has_function_privilege('pg_catalog.pg_last_wal_replay_lsn()', 'EXECUTE')
  THEN pg_catalog.pg_last_wal_replay_lsn()::text
  WHEN NOT pg_catalog.pg_is_in_recovery() AND pg_catalog.has_function_privilege('pg_catalog.pg_current_wal_lsn()', 'EXECUTE')
  THEN pg_catalog.pg_current_wal_lsn()::text END`;

class PostgresSnapshot implements Snapshot {
  readonly readers = 1;
  readonly notes: readonly string[] = [];
  readonly position: Readonly<Record<string, string>>;
  readonly takenAt: string;
  readonly shape: Shape;
  readonly session: PostgresSession;
  readonly #schemas: readonly string[];
  readonly #blocksPerRead: number | undefined;

  constructor(
    session: PostgresSession,
    schemas: readonly string[],
    shape: Shape,
    moment: Row,
    blocksPerRead: number | undefined,
  ) {
    this.session = session;
    this.#schemas = schemas;
    this.shape = shape;
    this.takenAt = moment['taken_at'] ?? '';
    this.position = Object.fromEntries(
      ['lsn', 'snapshot'].flatMap((name) => (moment[name] ? [[name, moment[name]]] : [])),
    );
    this.#blocksPerRead = blocksPerRead;
  }

  async counters(): Promise<Counter[]> {
    const sequences = await this.session.query(sql`SELECT n.nspname AS schema, c.relname AS name
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'S' AND n.nspname = ANY (${arrayText(this.#schemas)}::text[]) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`);
    const counters: Counter[] = [];
    for (let start = 0; start < sequences.length; start += 200) {
      counters.push(...(await this.#readCounters(sequences.slice(start, start + 200))));
    }
    return counters;
  }

  /** Sequences stand outside of transactions: what is read is where they are now, at or after the moment of the rows. */
  async #readCounters(sequences: readonly Row[]): Promise<Counter[]> {
    const reads = sequences.map(
      ({ schema, name }) =>
        sql`SELECT ${schema ?? ''} AS schema, ${name ?? ''} AS name, last_value, is_called FROM ${identifier(schema ?? '', name ?? '')}`,
    );
    try {
      const rows = await this.session.query(join(reads, ' UNION ALL '));
      return rows.map((row) => ({
        name: { schema: row['schema'] ?? '', name: row['name'] ?? '' },
        value: row['last_value'] ?? '',
        called: row['is_called'] === 't',
      }));
    } catch (error) {
      if (sqlStateOf(error) !== '42P01') throw error;
      throw new LockstepError('SNAPSHOT_CHANGED', { found: 'a sequence was dropped' }, { cause: error });
    }
  }

  async parts(table: TableShape): Promise<readonly TablePart[]> {
    return [{ bytes: (await this.sizes()).get(table.label) ?? 0, range: '' }];
  }

  async *read(table: TableShape): AsyncGenerator<Buffer, void, undefined> {
    const step = this.#blocksPerRead;
    const sources = step === undefined ? [copyTarget(table)] : await this.#pieces(table, step);
    for (const source of sources) yield* this.session.copyOut(`COPY ${source} TO STDOUT`);
  }

  /** Queries that together give the table: each a range of its blocks, the last one without an end. */
  async #pieces(table: TableShape, blocksPerRead: number): Promise<string[]> {
    const [row] = await this.session.query(sql`SELECT pg_catalog.pg_relation_size(t) / size AS own,
      pg_catalog.pg_table_size(t) / size AS blocks FROM (SELECT ${quoteTable(table)}::text::pg_catalog.regclass,
      pg_catalog.current_setting('block_size')::bigint) AS asked (t, size)`);
    const own = Number(row?.['own'] ?? 0);
    // Large values stand in blocks elsewhere. Where a table has many of them, a piece has fewer of its own blocks.
    const step = Math.max(1, Math.floor((blocksPerRead * own) / Math.max(1, own, Number(row?.['blocks'] ?? 0))));
    const count = Math.max(1, Math.ceil(own / step));
    const columns = table.columns.map((column) => quote(column.name)).join(', ');
    return Array.from({ length: count }, (_, index) => {
      const from = `(SELECT ${columns} FROM ONLY ${quoteTable(table)} WHERE ctid >= '(${index * step},0)'`;
      return index === count - 1 ? `${from})` : `${from} AND ctid < '(${(index + 1) * step},0)')`;
    });
  }

  /** The locks have kept every table as it is. */
  async check(): Promise<void> {}

  async sizes(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.session
      .query(sql`SELECT n.nspname AS schema, c.relname AS name, pg_catalog.pg_table_size(c.oid) AS bytes
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (${arrayText(this.#schemas)}::text[])`);
    const found = new Map(rows.map((row) => [`${row['schema']}.${row['name']}`, Number(row['bytes'])]));
    return new Map(this.shape.tables.map((table) => [table.label, found.get(`${table.schema}.${table.name}`) ?? 0]));
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}

/** A policy that hides rows from this user would make a backup that lacks them. */
async function refuseRowSecurity(session: PostgresSession, schemas: readonly string[]): Promise<void> {
  const rows = await session.query(sql`SELECT n.nspname || '.' || c.relname AS label
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND n.nspname = ANY (${arrayText(schemas)}::text[])
    AND pg_catalog.row_security_active(c.oid) ORDER BY 1`);
  if (rows.length === 0) return;
  const tables = rows.map((row) => row['label']).join(', ');
  throw new LockstepError('PRIVILEGE_MISSING', {
    doing: 'read every row',
    reason: `row level security applies to this user on ${tables}; the owner of the tables or a role with BYPASSRLS can read them`,
  });
}

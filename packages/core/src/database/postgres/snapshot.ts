import { LockstepError } from '../../errors.ts';
import type { Counter, Row, Shape, Snapshot, TablePart, TableShape } from '../database.ts';
import { identifier, join, sql } from '../sql.ts';
import { sqlStateOf } from './failure.ts';
import { notesOfReplica, readMoment } from './moment.ts';
import type { Moment } from './moment.ts';
import { arrayText } from './quote.ts';
import type { PostgresSession } from './session.ts';
import { openReaders } from './snapshot-readers.ts';
import type { SnapshotReaders } from './snapshot-readers.ts';
import { copyStatement, cutTable, partSize, readSizes } from './table-parts.ts';
import type { TableSize } from './table-parts.ts';
import { lockTables } from './table-locks.ts';

export interface OpenOptions {
  readonly lockSeconds: number;
  /** Tables are read in ranges of so many bytes, where COPY can't be slowed down. */
  readonly bytesPerRead: number | undefined;
  readonly readers: number;
}

/** A database of less than this is read by one connection, before others would have been opened. */
const worthReaders = 8 * 1024 * 1024;

/**
 * Opens a snapshot: the first session locks all tables of the schemas against changes of their shape, as pg_dump does, and
 * only then looks at the database for the first time. Other sessions join it. They stay in their transactions until the
 * snapshot is closed. Throws LOCK_TIMEOUT, SNAPSHOT_CHANGED, PRIVILEGE_MISSING, SHAPE_UNSUPPORTED.
 */
export async function openSnapshot(
  open: () => Promise<PostgresSession>,
  schemas: readonly string[],
  options: OpenOptions,
): Promise<Snapshot> {
  const session = await open();
  let readers: SnapshotReaders | undefined;
  try {
    await lockTables(session, schemas, options.lockSeconds);
    const moment = await readMoment(session);
    await refuseRowSecurity(session, schemas);
    const sizes = await readSizes(session, schemas);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size.bytes, 0);
    const isSmall = bytes < (options.bytesPerRead ?? worthReaders);
    readers = await openReaders(session, open, isSmall ? 1 : options.readers);
    const notes = [
      ...notesOfReplica(moment),
      ...(await notesOfUnlogged(session, schemas, moment.isReplica)),
      ...notesOfReaders(readers),
    ];
    const shape = await session.describe(schemas);
    return new PostgresSnapshot({
      session,
      readers,
      schemas,
      shape,
      moment,
      notes,
      sizes,
      bytesPerRead: options.bytesPerRead,
    });
  } catch (error) {
    await (readers ?? session).close();
    throw error;
  }
}

function notesOfReaders({ problem, size }: SnapshotReaders): string[] {
  if (problem === undefined) return [];
  return [`Read by ${size === 1 ? 'one connection' : `${size} connections`} only: ${problem}`];
}

interface SnapshotParts {
  readonly session: PostgresSession;
  readonly readers: SnapshotReaders;
  readonly schemas: readonly string[];
  readonly shape: Shape;
  readonly moment: Moment;
  readonly notes: readonly string[];
  readonly sizes: ReadonlyMap<string, TableSize>;
  readonly bytesPerRead: number | undefined;
}

class PostgresSnapshot implements Snapshot {
  readonly readers: number;
  readonly notes: readonly string[];
  readonly position: Readonly<Record<string, string>>;
  readonly takenAt: string;
  readonly shape: Shape;
  readonly session: PostgresSession;
  readonly #parts: SnapshotParts;
  readonly #bytesPerPart: number;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.session = parts.session;
    this.readers = parts.readers.size;
    this.notes = parts.notes;
    this.position = parts.moment.position;
    this.takenAt = parts.moment.takenAt;
    this.shape = parts.shape;
    const bytes = [...parts.sizes.values()].reduce((sum, size) => sum + size.bytes, 0);
    this.#bytesPerPart = parts.bytesPerRead ?? (this.readers === 1 ? Infinity : partSize(bytes, this.readers));
  }

  async counters(): Promise<Counter[]> {
    const sequences = await this.session.query(sql`SELECT n.nspname AS schema, c.relname AS name
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'S' AND n.nspname = ANY (${arrayText(this.#parts.schemas)}::text[]) AND NOT EXISTS (
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
    return cutTable(this.#sizeOf(table), this.#bytesPerPart);
  }

  async *read(table: TableShape, part?: TablePart): AsyncGenerator<Buffer, void, undefined> {
    const whole = this.#parts.bytesPerRead === undefined ? [wholeTable] : await this.parts(table);
    for (const { range } of part ? [part] : whole) {
      yield* this.#parts.readers.copy(table, copyStatement(table, range));
    }
  }

  /** The locks have kept every table as it is. */
  async check(): Promise<void> {}

  async sizes(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.shape.tables.map((table) => [table.label, this.#sizeOf(table).bytes]));
  }

  async close(): Promise<void> {
    await this.#parts.readers.close();
  }

  #sizeOf({ schema, name }: TableShape): TableSize {
    return this.#parts.sizes.get(`${schema}.${name}`) ?? { bytes: 0, blocks: 0 };
  }
}

const wholeTable: TablePart = { bytes: 0, range: '' };

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

/** A crash of the server empties an unlogged table, and a replica has none of its rows. Throws SHAPE_UNSUPPORTED there. */
async function notesOfUnlogged(
  session: PostgresSession,
  schemas: readonly string[],
  isReplica: boolean,
): Promise<string[]> {
  const rows = await session.query(sql`SELECT n.nspname || '.' || c.relname AS label
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'S') AND c.relpersistence = 'u' AND n.nspname = ANY (${arrayText(schemas)}::text[]) ORDER BY 1`);
  if (rows.length === 0) return [];
  const names = rows.map((row) => row['label']).join(', ');
  if (isReplica) throw new LockstepError('SHAPE_UNSUPPORTED', { found: `unlogged ${names}, empty on a replica` });
  return [`Unlogged, so a crash of the server would have emptied them: ${names}`];
}

import { LockstepError } from '../../../errors.ts';
import type { KnownColumn, KnownConstraint, KnownIndex } from '../../../plan/known-tables.ts';
import { KnownTables } from '../../../plan/known-tables.ts';
import type { LongTransaction, Survey } from '../../../plan/survey.ts';
import { longSeconds } from '../../../plan/survey.ts';
import type { Row, Session } from '../../database.ts';
import { sql } from '../../sql.ts';
import { tokenize } from '../split/tokens.ts';
import { typeOf } from './parse-column.ts';

/** What has to be known before migrations run. */
export async function survey(session: Session): Promise<Survey> {
  const tables = await readTables(session);
  const { transactions, notes } = await longTransactions(session);
  return { tables, transactions, notes };
}

/** Reads what the rules have to know of the tables of the database. */
export async function readTables(session: Session): Promise<KnownTables> {
  const known = new KnownTables(['']);
  const [server] = await session.query(sql`SELECT VERSION() AS version, @@character_set_database AS charset,
    @@collation_database AS collation`);
  known.databaseCharset = server?.['charset'] === 'utf8' ? 'utf8mb3' : (server?.['charset'] ?? '');
  known.databaseCollation = server?.['collation'] ?? '';
  known.version = /\d+\.\d+\.\d+/.exec((server?.['version'] ?? '').replace(/^5\.5\.5-/, ''))?.[0] ?? '';
  const charsets = await session.query(
    sql`SELECT character_set_name AS name, default_collate_name AS collation FROM information_schema.character_sets`,
  );
  for (const row of charsets) known.collations.set(row['name'] ?? '', row['collation'] ?? '');
  const columns = grouped(
    await session.query(sql`SELECT table_name AS tab, column_name AS name, column_type AS type, is_nullable AS nullable,
      character_set_name AS charset, collation_name AS collation, extra AS extra FROM information_schema.columns
      WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`),
  );
  const indexes = grouped(
    await session.query(sql`SELECT table_name AS tab, index_name AS name, non_unique AS non_unique, index_type AS type,
      GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR '\n') AS columns_of FROM information_schema.statistics
      WHERE table_schema = DATABASE() GROUP BY table_name, index_name, non_unique, index_type`),
  );
  const constraints = grouped(
    await session.query(sql`SELECT c.table_name AS tab, c.constraint_name AS name, c.constraint_type AS type,
      (SELECT GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR '\n')
        FROM information_schema.key_column_usage k WHERE k.table_schema = c.table_schema
        AND k.table_name = c.table_name AND k.constraint_name = c.constraint_name) AS columns_of,
      (SELECT MAX(k.referenced_table_name) FROM information_schema.key_column_usage k WHERE k.table_schema = c.table_schema
        AND k.table_name = c.table_name AND k.constraint_name = c.constraint_name) AS referenced
      FROM information_schema.table_constraints c WHERE c.table_schema = DATABASE()`),
  );
  const tables = await session.query(sql`SELECT t.table_name AS name, t.table_type AS type, t.table_rows AS row_count,
      t.data_length + t.index_length AS bytes, t.row_format AS row_format, t.engine AS engine,
      t.table_collation AS collation, t.create_options AS options FROM information_schema.tables t
      WHERE t.table_schema = DATABASE()`);
  for (const row of tables) {
    const name = row['name'] ?? '';
    const collation = row['collation'] ?? '';
    known.set({
      schema: '',
      name,
      label: name,
      kind: row['type'] === 'VIEW' ? 'view' : (row['options'] ?? '').includes('partitioned') ? 'partitioned' : 'table',
      isNew: false,
      rows: number(row['row_count']),
      bytes: number(row['bytes']),
      columns: (columns.get(name) ?? []).map(columnOf),
      indexes: (indexes.get(name) ?? []).map(indexOf),
      constraints: (constraints.get(name) ?? []).map(constraintOf),
      parents: [],
      reads: [],
      isDefaultPartition: false,
      facts: {
        rowFormat: row['row_format'] ?? '',
        engine: row['engine'] ?? '',
        collation,
        charset: charsetOf(collation),
      },
    });
  }
  return known;
}

function charsetOf(collation: string): string {
  const [charset = ''] = collation.split('_');
  return charset === 'utf8' ? 'utf8mb3' : charset;
}

function number(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

function columnOf(row: Row): KnownColumn {
  const extra = (row['extra'] ?? '').toUpperCase();
  const [charset, collation] = [row['charset'], row['collation']];
  return {
    name: row['name'] ?? '',
    type: typeOf(tokenize({ text: row['type'] ?? '', file: 'a type' })),
    notNull: row['nullable'] === 'NO',
    counts: extra.includes('AUTO_INCREMENT'),
    ...(charset ? { charset: charset === 'utf8' ? 'utf8mb3' : charset } : {}),
    ...(collation ? { collation } : {}),
    ...(/STORED GENERATED|PERSISTENT/.test(extra)
      ? { generated: 'stored' }
      : extra.includes('VIRTUAL')
        ? { generated: 'virtual' }
        : {}),
  };
}

function indexOf(row: Row): KnownIndex {
  const name = row['name'] ?? '';
  const isUnique = row['non_unique'] === '0';
  const type = (row['type'] ?? '').toLowerCase();
  const kind =
    name === 'PRIMARY' ? 'primary' : type === 'fulltext' || type === 'spatial' ? type : isUnique ? 'unique' : 'plain';
  return { name, kind, columns: (row['columns_of'] ?? '').split('\n') };
}

const kinds: Readonly<Record<string, KnownConstraint['kind']>> = {
  'PRIMARY KEY': 'primary key',
  UNIQUE: 'unique',
  'FOREIGN KEY': 'foreign key',
};

function constraintOf(row: Row): KnownConstraint {
  const references = row['referenced'];
  return {
    name: row['name'] ?? '',
    kind: kinds[row['type'] ?? ''] ?? 'check',
    validated: true,
    columns: (row['columns_of'] ?? '').split('\n').filter((name) => name !== ''),
    ...(references === null || references === undefined ? {} : { references }),
  };
}

function grouped(rows: readonly Row[]): Map<string, Row[]> {
  const byTable = new Map<string, Row[]>();
  for (const row of rows) {
    const table = row['tab'] ?? '';
    byTable.set(table, [...(byTable.get(table) ?? []), row]);
  }
  return byTable;
}

/** Open transactions. A change of a table waits for those that have touched it. */
async function longTransactions(session: Session): Promise<Pick<Survey, 'transactions' | 'notes'>> {
  try {
    const rows = await session.query(sql`SELECT trx_mysql_thread_id AS id,
        TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS seconds, DATABASE() AS here
      FROM information_schema.innodb_trx
      WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_started < NOW() - INTERVAL ${longSeconds} SECOND
      ORDER BY trx_started`);
    const locked = await lockedTables(session);
    // The view information_schema.processlist fails on MySQL while anybody's statement has a character beyond utf8mb3.
    const list = await session.query(sql`SHOW PROCESSLIST`);
    const transactions = rows.flatMap((row): LongTransaction[] => {
      const id = row['id'] ?? '';
      const owner = list.find((one) => one['Id'] === id);
      // Those at work on other databases of the server are in nobody's way.
      if (!owner || (owner['db'] !== row['here'] && !locked.has(id))) return [];
      const state = owner['Command'] === 'Sleep' ? 'idle in transaction' : (owner['Command'] ?? '').toLowerCase();
      return [
        {
          who: `connection ${id} (${owner['User']}@${owner['Host']}, ${state})`,
          seconds: Number(row['seconds']),
          tables: locked.get(id) ?? [],
        },
      ];
    });
    return { transactions, notes: [] };
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'PRIVILEGE_MISSING') throw error;
    return { transactions: [], notes: ['Open transactions cannot be seen: the user lacks the privilege PROCESS.'] };
  }
}

/** Which tables the connections hold, where the performance schema tells: by MariaDB it is off as a rule. */
async function lockedTables(session: Session): Promise<ReadonlyMap<string, readonly string[]>> {
  try {
    const rows = await session.query(sql`SELECT h.processlist_id AS id, l.object_name AS name
      FROM performance_schema.metadata_locks l JOIN performance_schema.threads h ON h.thread_id = l.owner_thread_id
      WHERE l.object_type = 'TABLE' AND l.object_schema = DATABASE() AND l.lock_status = 'GRANTED'
      GROUP BY h.processlist_id, l.object_name`);
    return new Map(
      [...grouped(rows.map((row) => ({ ...row, tab: row['id'] ?? '' })))].map(([id, list]) => [
        id,
        list.map((row) => row['name'] ?? ''),
      ]),
    );
  } catch (error) {
    if (error instanceof LockstepError && (error.code === 'PRIVILEGE_MISSING' || error.code === 'STATEMENT_FAILED'))
      return new Map();
    throw error;
  }
}

import type { Row, Session } from '../../database.ts';
import { join, sql } from '../../sql.ts';
import type { LongTransaction, Survey } from '../../../plan/survey.ts';
import { longSeconds } from '../../../plan/survey.ts';
import type { KnownConstraint, KnownIndex, KnownTable } from '../../../plan/known-tables.ts';
import { KnownTables } from '../../../plan/known-tables.ts';

/** What has to be known before migrations run. */
export async function survey(session: Session, schemas: readonly string[]): Promise<Survey> {
  const tables = await readTables(session, schemas);
  return { tables, transactions: await longTransactions(session, schemas), notes: [] };
}

/** Open transactions, and prepared ones, which hold their locks even if nobody is there any more. */
async function longTransactions(session: Session, schemas: readonly string[]): Promise<LongTransaction[]> {
  const rows = await session.query(sql`WITH open AS (
      SELECT 'process ' || pid || ' (' || pg_catalog.concat_ws(', ', NULLIF(application_name, ''), usename, state) || ')' AS who,
        xact_start AS since, pid, NULL AS prepared
      FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database()
        AND pid <> pg_catalog.pg_backend_pid() AND xact_start IS NOT NULL
      UNION ALL SELECT 'the prepared transaction ' || gid || ' (' || owner || ')', prepared, NULL, transaction
      FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database())
    SELECT who, EXTRACT(epoch FROM pg_catalog.clock_timestamp() - since)::bigint::text AS seconds,
      (SELECT pg_catalog.string_agg(DISTINCT n.nspname || '.' || c.relname, E'\\n')
        FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE l.locktype = 'relation' AND c.relkind IN ('r', 'p', 'm') AND n.nspname IN (${join([...schemas])})
          AND (l.pid = open.pid OR l.pid IS NULL AND open.prepared IS NOT NULL AND l.virtualtransaction IN (
            SELECT x.virtualtransaction FROM pg_catalog.pg_locks x WHERE x.transactionid = open.prepared))) AS tables
    FROM open WHERE since < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => ${longSeconds})
    ORDER BY since`);
  return rows.map((row) => ({
    who: row['who'] ?? '',
    seconds: Number(row['seconds']),
    tables: lines(row['tables']),
  }));
}

/** Reads what the rules have to know of the tables in the schemas. Estimates of sizes are the server's own. */
export async function readTables(session: Session, schemas: readonly string[]): Promise<KnownTables> {
  const known = new KnownTables(schemas);
  const place = sql`(${join([...schemas])})`;
  const tables =
    await session.query(sql`SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.oid::text AS id,
      c.reltuples::bigint::text AS rows, pg_catalog.pg_total_relation_size(c.oid)::text AS bytes,
      pg_catalog.pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' AS is_default
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ${place} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`);
  const columns = groups(
    await session.query(sql`SELECT a.attrelid::text AS id, a.attname AS name, a.attnotnull AS not_null,
        a.attgenerated AS generated, t.typname || COALESCE(pg_catalog.substring(
          pg_catalog.format_type(a.atttypid, a.atttypmod), '\\([0-9,]+\\)'), '') AS type
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      WHERE n.nspname IN ${place} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attrelid, a.attnum`),
  );
  const indexes = groups(
    await session.query(sql`SELECT i.indrelid::text AS id, x.relname AS name, i.indisprimary AS is_primary,
        i.indisunique AS is_unique, COALESCE((SELECT pg_catalog.string_agg(a.attname, E'\\n' ORDER BY k.place)
          FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number), '') AS columns
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace WHERE n.nspname IN ${place}`),
  );
  const constraints = groups(
    await session.query(sql`SELECT k.conrelid::text AS id, k.conname AS name, k.contype AS kind, k.convalidated AS validated,
        f.nspname || '.' || r.relname AS referenced, COALESCE((SELECT pg_catalog.string_agg(a.attname, E'\\n')
          FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)), '') AS columns,
        CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_constraintdef(k.oid) ELSE '' END AS definition
      FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
        LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid AND k.confrelid <> 0
        LEFT JOIN pg_catalog.pg_namespace f ON f.oid = r.relnamespace
      WHERE n.nspname IN ${place} AND k.conrelid <> 0`),
  );
  const parents = groups(
    await session.query(sql`SELECT i.inhrelid::text AS id, n.nspname || '.' || c.relname AS parent
      FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ${place}`),
  );
  const reads = groups(
    await session.query(sql`SELECT DISTINCT r.ev_class::text AS id, n.nspname || '.' || c.relname AS read
      FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.objid = r.oid
        AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refobjid <> r.ev_class
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        JOIN pg_catalog.pg_class c ON c.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE r.rulename = '_RETURN' AND n.nspname IN ${place}`),
  );
  for (const row of tables) {
    const id = row['id'] ?? '';
    const [schema, name] = [row['schema'] ?? '', row['name'] ?? ''];
    const rows = Number(row['rows']);
    known.set({
      schema,
      name,
      label: `${schema}.${name}`,
      kind: kinds[row['kind'] ?? ''] ?? 'table',
      isNew: false,
      rows: rows < 0 ? null : rows,
      bytes: Number(row['bytes']),
      columns: (columns.get(id) ?? []).map((column) => ({
        name: column['name'] ?? '',
        type: column['type'] ?? '',
        notNull: isTrue(column['not_null']),
        ...(column['generated'] === 's'
          ? { generated: 'stored' }
          : column['generated'] === 'v'
            ? { generated: 'virtual' }
            : {}),
      })),
      indexes: (indexes.get(id) ?? []).map(indexOf),
      constraints: (constraints.get(id) ?? []).map(constraintOf),
      parents: (parents.get(id) ?? []).map((parent) => parent['parent'] ?? ''),
      reads: (reads.get(id) ?? []).map((table) => table['read'] ?? ''),
      isDefaultPartition: isTrue(row['is_default']),
      facts: {},
    });
  }
  await readTypes(session, known);
  return known;
}

async function readTypes(session: Session, known: KnownTables): Promise<void> {
  const domains = await session.query(sql`SELECT t.typname AS name, b.typname || COALESCE(pg_catalog.substring(
      pg_catalog.format_type(t.typbasetype, t.typtypmod), '\\([0-9,]+\\)'), '') AS base,
      t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid) AS constrained
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND n.nspname <> 'information_schema'`);
  for (const row of domains) {
    const name = row['name'] ?? '';
    known.domains.set(name, { name, base: row['base'] ?? '', constrained: isTrue(row['constrained']) });
  }
  const functions = await session.query(sql`SELECT proname AS name, pg_catalog.bool_or(provolatile = 'v') AS is_volatile
    FROM pg_catalog.pg_proc WHERE prokind = 'f' GROUP BY proname`);
  for (const row of functions) (isTrue(row['is_volatile']) ? known.volatile : known.stable).add(row['name'] ?? '');
}

const kinds: Readonly<Record<string, KnownTable['kind']>> = { p: 'partitioned', v: 'view', m: 'materialized view' };

const constraintKinds: Readonly<Record<string, KnownConstraint['kind']>> = {
  c: 'check',
  f: 'foreign key',
  p: 'primary key',
  u: 'unique',
  x: 'exclusion',
  n: 'not null',
};

function indexOf(row: Row): KnownIndex {
  const kind = isTrue(row['is_primary']) ? 'primary' : isTrue(row['is_unique']) ? 'unique' : 'plain';
  return { name: row['name'] ?? '', kind, columns: lines(row['columns']) };
}

function constraintOf(row: Row): KnownConstraint {
  const kind = constraintKinds[row['kind'] ?? ''] ?? 'check';
  const isProof = /^CHECK \(\((?:\w+|"(?:[^"]|"")+") IS NOT NULL\)\)( NOT VALID)?$/.test(row['definition'] ?? '');
  const references = row['referenced'];
  return {
    name: row['name'] ?? '',
    kind,
    validated: isTrue(row['validated']),
    columns: lines(row['columns']),
    ...(isProof || kind === 'not null' ? { proves: lines(row['columns']) } : {}),
    ...(references === null || references === undefined ? {} : { references }),
  };
}

function groups(rows: readonly Row[]): Map<string, Row[]> {
  const byTable = new Map<string, Row[]>();
  for (const row of rows) {
    const id = row['id'] ?? '';
    byTable.set(id, [...(byTable.get(id) ?? []), row]);
  }
  return byTable;
}

function lines(text: string | null | undefined): string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

function isTrue(text: string | null | undefined): boolean {
  return text === 't' || text === 'true';
}

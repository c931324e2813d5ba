import type { Effects, Observation, ScriptStatement, Session, Target } from '../database.ts';
import { raw, sql } from '../sql.ts';
import type { Sql } from '../sql.ts';
import { quote } from './quote.ts';

/** Whether a statement outside of a transaction has happened, by the catalogues. */
export const postgresEffects: Effects = { clear, observe, mend };

/**
 * IF NOT EXISTS is content with an index of the name whose build has failed, and without it the build would be refused.
 * Such an index serves no query.
 */
async function clear(session: Session, statement: ScriptStatement): Promise<readonly string[]> {
  const table = find(statement, 'indexes of');
  const index = find(statement, 'new index');
  if (!table || !index) return [];
  const found = await invalidIndexes(session, sql`i.indrelid = ${oid(table)} AND x.relname = ${index.name}`);
  return dropIndexes(session, found, statement.transactional);
}

async function observe(session: Session, statement: ScriptStatement): Promise<Observation> {
  const things: Record<string, string> = {};
  for (const target of statement.targets ?? []) {
    const state = states[target.kind];
    if (!state) continue;
    const [row] = await session.query(sql`SELECT ${state(target, statement)} AS state`);
    things[`${target.kind} ${display(target)}`] = row?.['state'] ?? 'none';
  }
  const builds = find(statement, 'indexes of') ?? find(statement, 'rebuilt');
  const left = builds && !statement.transactional ? await invalidIndexes(session, scopeOf(builds)) : [];
  return { things, leftovers: left.map(({ oid: id }) => id) };
}

/**
 * A build that was cut leaves an index that is not valid; REINDEX leaves one beside the old one, with `_ccnew` or
 * `_ccold` at the end of its name. A partition that is half detached can only be detached to the end.
 */
async function mend(session: Session, statement: ScriptStatement, before: Observation): Promise<readonly string[]> {
  const builds = find(statement, 'indexes of') ?? find(statement, 'rebuilt');
  if (builds && !statement.transactional) {
    const found = await invalidIndexes(session, scopeOf(builds));
    return dropIndexes(
      session,
      found.filter(({ oid: id }) => !before.leftovers.includes(id)),
      false,
    );
  }
  const [partition, parent] = [find(statement, 'partition'), find(statement, 'parent')];
  if (!partition || !parent) return [];
  const { things } = await observe(session, statement);
  if (things[`partition ${display(partition)}`] !== 'half detached') return [];
  await session.execute(`ALTER TABLE ${display(parent)} DETACH PARTITION ${display(partition)} FINALIZE`);
  return [`Detached partition ${display(partition)} to the end (FINALIZE): it was half detached.`];
}

/** SQL that gives a text for what a target is now, or NULL where it is not there. */
const states: Readonly<Record<string, (target: Target, statement: ScriptStatement) => Sql>> = {
  'indexes of': (target) => sql`(SELECT string_agg(indexrelid::text, ' ' ORDER BY indexrelid)
    FROM pg_catalog.pg_index WHERE indrelid = ${oid(target)} AND indisvalid)`,
  index: (target) => sql`${oid(target)}::oid::text`,
  partition: (target, statement) => sql`(SELECT CASE WHEN inhdetachpending THEN 'half detached' ELSE 'attached' END
    FROM pg_catalog.pg_inherits WHERE inhrelid = ${oid(target)} AND inhparent = ${oidOf(find(statement, 'parent'))})`,
  enum: (target) => sql`(SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder)
    FROM pg_catalog.pg_enum WHERE enumtypid = pg_catalog.to_regtype(${display(target)}))`,
  database: ({ name }) =>
    sql`(SELECT oid || ' in ' || dattablespace FROM pg_catalog.pg_database WHERE datname = ${name})`,
  tablespace: ({ name }) => sql`(SELECT oid::text FROM pg_catalog.pg_tablespace WHERE spcname = ${name})`,
  // The other columns are not for everybody.
  subscription: ({ name }) => sql`(SELECT concat_ws(' ', oid, subenabled, subslotname, subpublications::text)
    FROM pg_catalog.pg_subscription WHERE subname = ${name}
    AND subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))`,
};

interface InvalidIndex {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
}

/** Indexes that a failed build has left. One that is being built at this moment belongs to somebody. */
async function invalidIndexes(session: Session, where: Sql): Promise<InvalidIndex[]> {
  const rows = await session.query(sql`SELECT x.oid, n.nspname AS schema, x.relname AS name
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
    WHERE NOT i.indisvalid AND x.relkind = 'i' AND ${where} AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.relid = i.indrelid AND p.datname = pg_catalog.current_database())
    ORDER BY x.oid`);
  return rows.map((row) => ({ oid: row['oid'] ?? '', schema: row['schema'] ?? '', name: row['name'] ?? '' }));
}

function scopeOf(target: Target): Sql {
  if (target.kind === 'indexes of') return sql`i.indrelid = ${oid(target)}`;
  return sql`x.relname ~ '_cc(new|old)[0-9]*$'`;
}

async function dropIndexes(
  session: Session,
  indexes: readonly InvalidIndex[],
  inTransaction: boolean,
): Promise<readonly string[]> {
  for (const { schema, name } of indexes) {
    // The indexes of TOAST tables belong to the system: dropped concurrently, they would be refused.
    const way = inTransaction || schema === 'pg_toast' ? '' : 'CONCURRENTLY ';
    await session.execute(`DROP INDEX ${way}${quote(schema)}.${quote(name)}`);
  }
  return indexes.map(({ schema, name }) => `Dropped index ${schema}.${name}: its build had failed.`);
}

function find({ targets = [] }: ScriptStatement, kind: string): Target | undefined {
  return targets.find((target) => target.kind === kind);
}

function oid(target: Target): Sql {
  return sql`pg_catalog.to_regclass(${display(target)})`;
}

function oidOf(target: Target | undefined): Sql {
  return target ? oid(target) : raw('NULL');
}

function display({ schema, name }: Target): string {
  return schema === '' ? quote(name) : `${quote(schema)}.${quote(name)}`;
}

import type { Node, PartitionCmd } from 'libpg-query';
import type { Target } from '../database.ts';

/**
 * What has to be looked at to know whether a statement outside of a transaction has happened, or whether one in a
 * transaction has really done what it says. Kinds:
 *
 * - `indexes of` a table, and the name of a `new index` on it
 * - `index`, `enum`, `database`, `tablespace`, `subscription`
 * - `partition`, and the `parent` that it is detached from
 * - `rebuilt`: any index
 */
export function targetsOf(statement: Node): Target[] {
  if ('IndexStmt' in statement) return targetsOfIndex(statement.IndexStmt);
  if ('DropStmt' in statement && statement.DropStmt.concurrent === true)
    return (statement.DropStmt.objects ?? []).flatMap((object) =>
      named('index', 'List' in object ? object.List.items : []),
    );
  if ('AlterTableStmt' in statement) {
    const detached = detachedBy(statement.AlterTableStmt.cmds);
    if (detached?.concurrent !== true) return [];
    return [...placed('partition', detached.name), ...placed('parent', statement.AlterTableStmt.relation)];
  }
  if ('AlterEnumStmt' in statement) return named('enum', statement.AlterEnumStmt.typeName);
  if ('ReindexStmt' in statement) return [target('rebuilt', '', '')];
  return targetsOfServer(statement);
}

/** An index without a name gets one from the server. */
function targetsOfIndex(statement: Extract<Node, { IndexStmt: unknown }>['IndexStmt']): Target[] {
  const { concurrent, if_not_exists: ifNotExists, relation, idxname } = statement;
  if (concurrent !== true && ifNotExists !== true) return [];
  return [...placed('indexes of', relation), ...(idxname === undefined ? [] : [target('new index', '', idxname)])];
}

/** Things that belong to the server, or to the database as a whole. */
function targetsOfServer(statement: Node): Target[] {
  if ('CreatedbStmt' in statement) return one('database', statement.CreatedbStmt.dbname);
  if ('DropdbStmt' in statement) return one('database', statement.DropdbStmt.dbname);
  if ('AlterDatabaseStmt' in statement) return one('database', statement.AlterDatabaseStmt.dbname);
  if ('CreateTableSpaceStmt' in statement) return one('tablespace', statement.CreateTableSpaceStmt.tablespacename);
  if ('DropTableSpaceStmt' in statement) return one('tablespace', statement.DropTableSpaceStmt.tablespacename);
  if ('CreateSubscriptionStmt' in statement) return one('subscription', statement.CreateSubscriptionStmt.subname);
  if ('AlterSubscriptionStmt' in statement) return one('subscription', statement.AlterSubscriptionStmt.subname);
  if ('DropSubscriptionStmt' in statement) return one('subscription', statement.DropSubscriptionStmt.subname);
  return [];
}

/** The partition that an ALTER TABLE takes off. */
export function detachedBy(commands: readonly Node[] = []): PartitionCmd | undefined {
  for (const command of commands) {
    const def = 'AlterTableCmd' in command ? command.AlterTableCmd.def : undefined;
    if (def !== undefined && 'PartitionCmd' in def) return def.PartitionCmd;
  }
  return undefined;
}

function placed(kind: string, relation: { schemaname?: string; relname?: string } | undefined): Target[] {
  return relation?.relname === undefined ? [] : [target(kind, relation.schemaname ?? '', relation.relname)];
}

function named(kind: string, path: readonly Node[] = []): Target[] {
  const names = path.flatMap((part) => ('String' in part ? (part.String.sval ?? '') : []));
  const name = names.at(-1);
  return name === undefined ? [] : [target(kind, names.at(-2) ?? '', name)];
}

function one(kind: string, name: string | undefined): Target[] {
  return name === undefined ? [] : [target(kind, '', name)];
}

function target(kind: string, schema: string, name: string): Target {
  return { kind, schema, name };
}

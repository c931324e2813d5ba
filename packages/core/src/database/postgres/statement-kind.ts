import type { Node, RangeVar } from 'libpg-query';
import type { ScriptStatement } from '../database.ts';
import { detachedBy } from './statement-targets.ts';

type Kind = Pick<ScriptStatement, 'transactional' | 'effect' | 'mayCommit'>;

const inTransaction: Kind = { transactional: true, effect: 'provable' };
const mayCommit: Kind = { ...inTransaction, mayCommit: true };
/** Its own transaction or several; the catalogues tell whether it was done: see `targetsOf`. */
const alone: Kind = { transactional: false, effect: 'provable' };
const aloneRepeatable: Kind = { transactional: false, effect: 'repeatable' };
const aloneUnprovable: Kind = { transactional: false, effect: 'unprovable' };

/**
 * Whether a statement may stand in a transaction block, and how a crash inside of it is settled. Follows what the
 * server itself refuses in a block.
 *
 * @param last No statement follows in the script.
 */
export function kindOf(statement: Node, last: boolean): Kind {
  if ('IndexStmt' in statement) return statement.IndexStmt.concurrent === true ? alone : inTransaction;
  if ('DropStmt' in statement) return statement.DropStmt.concurrent === true ? alone : inTransaction;
  if ('AlterTableStmt' in statement) return detachesConcurrently(statement.AlterTableStmt.cmds) ? alone : inTransaction;
  // A new value can't be used before the transaction that added it has ended.
  if ('AlterEnumStmt' in statement) return addsValue(statement.AlterEnumStmt) && !last ? alone : inTransaction;
  // Of a partitioned table, the server does these two one partition after the other. The script does not show which it is.
  if ('ReindexStmt' in statement || 'ClusterStmt' in statement) return aloneRepeatable;
  if ('VacuumStmt' in statement) return statement.VacuumStmt.is_vacuumcmd === true ? aloneRepeatable : inTransaction;
  if ('DiscardStmt' in statement)
    return statement.DiscardStmt.target === 'DISCARD_ALL' ? aloneRepeatable : inTransaction;
  if ('AlterDatabaseStmt' in statement)
    return movesDatabase(statement.AlterDatabaseStmt.options) ? alone : inTransaction;
  if ('DoStmt' in statement) return endsTransaction(statement.DoStmt.args) ? aloneUnprovable : mayCommit;
  if ('CallStmt' in statement) return mayCommit;
  if ('AlterSystemStmt' in statement) return aloneRepeatable;
  return alwaysAlone.some((name) => name in statement) ? alone : inTransaction;
}

const alwaysAlone = [
  'CreatedbStmt',
  'DropdbStmt',
  'CreateTableSpaceStmt',
  'DropTableSpaceStmt',
  'CreateSubscriptionStmt',
  'AlterSubscriptionStmt',
  'DropSubscriptionStmt',
];

/** What a statement does is gone with its connection: settings, prepared statements, temporary objects. */
export function lastsWithConnection(statement: Node): boolean {
  if ('VariableSetStmt' in statement) {
    const { is_local: local, kind, name } = statement.VariableSetStmt;
    return local !== true && !(kind === 'VAR_SET_MULTI' && name === 'TRANSACTION');
  }
  if ('CreateStmt' in statement) return isTemporary(statement.CreateStmt.relation);
  if ('CreateTableAsStmt' in statement) return isTemporary(statement.CreateTableAsStmt.into?.rel);
  if ('ViewStmt' in statement) return isTemporary(statement.ViewStmt.view);
  if ('CreateSeqStmt' in statement) return isTemporary(statement.CreateSeqStmt.sequence);
  if ('SelectStmt' in statement)
    return isTemporary(statement.SelectStmt.intoClause?.rel) || callsSetConfig(statement.SelectStmt.targetList);
  return ['PrepareStmt', 'DeallocateStmt', 'ListenStmt', 'UnlistenStmt', 'LoadStmt', 'DiscardStmt'].some(
    (name) => name in statement,
  );
}

/**
 * Leaves the connection as it was: a definition that calls no function. Those in the definition of a column, an index, a
 * view or a routine are not called yet, or may not change the connection.
 */
export function leavesNoTrace(statement: Node): boolean {
  if (lastsWithConnection(statement)) return false;
  if ('CreateStmt' in statement) return statement.CreateStmt.partbound === undefined;
  if ('AlterTableStmt' in statement) return !JSON.stringify(statement).includes('"FuncCall"');
  return definitions.some((name) => name in statement);
}

const definitions = [
  'IndexStmt',
  'ViewStmt',
  'CreateSeqStmt',
  'CreateEnumStmt',
  'AlterEnumStmt',
  'CompositeTypeStmt',
  'CreateFunctionStmt',
  'CreateTrigStmt',
  'CommentStmt',
  'RenameStmt',
  'GrantStmt',
  'DropStmt',
];

function isTemporary(relation: RangeVar | undefined): boolean {
  return relation?.relpersistence === 't' || relation?.schemaname === 'pg_temp';
}

function callsSetConfig(targets: readonly Node[] = []): boolean {
  return targets.some((target) => {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    const called = value !== undefined && 'FuncCall' in value ? value.FuncCall.funcname?.at(-1) : undefined;
    return called !== undefined && 'String' in called && called.String.sval === 'set_config';
  });
}

/** Why a statement can't be part of a migration. */
export function refusalOf(statement: Node, hasRows = false): string | undefined {
  if ('TransactionStmt' in statement) {
    return 'BEGIN, COMMIT, ROLLBACK and SAVEPOINT are not for a migration, which runs in a transaction of its own';
  }
  if (isCopyFromStdin(statement) && !hasRows) {
    return 'COPY FROM stdin needs its rows behind it, a line for each, and a line with \\. alone at their end';
  }
  return undefined;
}

export function isCopyFromStdin(statement: Node): boolean {
  if (!('CopyStmt' in statement)) return false;
  const copy = statement.CopyStmt;
  return copy.is_from === true && copy.filename === undefined;
}

function addsValue(statement: Extract<Node, { AlterEnumStmt: unknown }>['AlterEnumStmt']): boolean {
  return statement.newVal !== undefined && statement.oldVal === undefined;
}

function detachesConcurrently(commands: readonly Node[] | undefined): boolean {
  return detachedBy(commands)?.concurrent === true;
}

function movesDatabase(options: readonly Node[] | undefined): boolean {
  return hasOption(options, 'tablespace');
}

function hasOption(options: readonly Node[] = [], name: string): boolean {
  return options.some((option) => 'DefElem' in option && option.DefElem.defname === name);
}

/** A DO block that commits or rolls back fails inside of a transaction. Words in its strings and comments count too. */
function endsTransaction(parts: readonly Node[] = []): boolean {
  return parts.some((part) => {
    if (!('DefElem' in part) || part.DefElem.defname !== 'as') return false;
    const body = part.DefElem.arg;
    return body !== undefined && 'String' in body && /\b(commit|rollback)\b/i.test(body.String.sval ?? '');
  });
}

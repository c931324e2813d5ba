import type { AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, Constraint, Node } from 'libpg-query';
import type { Work } from '../../../plan/analysis.ts';
import type { KnownTables } from '../../../plan/known-tables.ts';
import { typeChangeRewrites } from './column-type.ts';
import { columnFacts } from './columns.ts';
import type { LockMode, Touch } from './locks.ts';
import { labelOf, names, typeText } from './nodes.ts';

/**
 * What ALTER TABLE locks and reads. The modes are those of AlterTableGetLockLevel in the server's tablecmds.c; all that
 * is not in one of these lists takes ACCESS EXCLUSIVE.
 */
const shareUpdateExclusive = new Set<AlterTableType>([
  'AT_SetStatistics',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ValidateConstraint',
  'AT_AttachPartition',
  'AT_DetachPartitionFinalize',
]);

const shareRowExclusive = new Set<AlterTableType>([
  'AT_EnableTrig',
  'AT_EnableAlwaysTrig',
  'AT_EnableReplicaTrig',
  'AT_EnableTrigAll',
  'AT_EnableTrigUser',
  'AT_DisableTrig',
  'AT_DisableTrigAll',
  'AT_DisableTrigUser',
]);

/** Commands that are about one table alone, whatever is below it. */
const notRecursive = new Set<AlterTableType>([
  'AT_ChangeOwner',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ReplicaIdentity',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetAccessMethod',
  'AT_SetTableSpace',
  'AT_EnableRowSecurity',
  'AT_DisableRowSecurity',
  'AT_ForceRowSecurity',
  'AT_NoForceRowSecurity',
  'AT_AddInherit',
  'AT_DropInherit',
  'AT_AttachPartition',
  'AT_DetachPartition',
  'AT_DetachPartitionFinalize',
]);

const rewriting = new Set<AlterTableType>(['AT_SetLogged', 'AT_SetUnLogged', 'AT_SetAccessMethod', 'AT_SetTableSpace']);

export function alterTable(statement: AlterTableStmt, known: KnownTables): Touch[] {
  // ALTER INDEX, ALTER SEQUENCE and ALTER TYPE lock no table.
  if (!['OBJECT_TABLE', 'OBJECT_MATVIEW', 'OBJECT_VIEW', 'OBJECT_FOREIGN_TABLE'].includes(statement.objtype ?? '')) {
    return [];
  }
  const table = labelOf(statement.relation, known);
  const isOnly = statement.relation?.inh !== true;
  const commands = (statement.cmds ?? []).flatMap((node) => ('AlterTableCmd' in node ? [node.AlterTableCmd] : []));
  // All commands of a statement wait for the strongest of their locks.
  return commands.flatMap((command) => {
    const recurses = !isOnly && !(command.subtype && notRecursive.has(command.subtype));
    const own = { lock: lockOf(command), work: workOf(command, table, known) };
    const tables = recurses ? known.family(table) : [table];
    return [...tables.map((label) => ({ table: label, ...own })), ...others(command, table, known)];
  });
}

function lockOf(command: AlterTableCmd): LockMode {
  const { subtype, def } = command;
  if (subtype === undefined) return 'ACCESS EXCLUSIVE';
  if (shareRowExclusive.has(subtype)) return 'SHARE ROW EXCLUSIVE';
  if (subtype === 'AT_DetachPartition' && isConcurrent(def)) return 'SHARE UPDATE EXCLUSIVE';
  if (subtype === 'AT_SetRelOptions' && setsOption(def, 'user_catalog_table')) return 'ACCESS EXCLUSIVE';
  if (shareUpdateExclusive.has(subtype)) return 'SHARE UPDATE EXCLUSIVE';
  if (subtype === 'AT_AddConstraint' && constraintIn(def)?.contype === 'CONSTR_FOREIGN') return 'SHARE ROW EXCLUSIVE';
  return 'ACCESS EXCLUSIVE';
}

function workOf(command: AlterTableCmd, table: string, known: KnownTables): Work {
  const { subtype, name = '', def } = command;
  if (subtype === undefined) return 'nothing';
  if (rewriting.has(subtype)) return isSame(command) ? 'nothing' : 'rewrites';
  if (subtype === 'AT_AddColumn') return def && 'ColumnDef' in def ? workOfColumn(def.ColumnDef, known) : 'nothing';
  if (subtype === 'AT_AlterColumnType') {
    return def && 'ColumnDef' in def ? workOfType(name, def.ColumnDef, table, known) : 'nothing';
  }
  if (subtype === 'AT_SetNotNull') return provesNotNull(table, name, known) ? 'nothing' : 'scans';
  if (subtype === 'AT_SetExpression') return 'rewrites';
  if (subtype === 'AT_ValidateConstraint') {
    const isChecked = known.get(table)?.constraints.some((one) => one.name === name && one.validated) ?? false;
    return isChecked ? 'nothing' : 'scans';
  }
  if (subtype === 'AT_AddConstraint') return workOfConstraint(constraintIn(def), table, known);
  return 'nothing';
}

/** SET ACCESS METHOD heap and SET TABLESPACE pg_default change nothing where that is what the table has. */
function isSame(command: AlterTableCmd): boolean {
  const usual = { AT_SetAccessMethod: 'heap', AT_SetTableSpace: 'pg_default' };
  return Object.entries(usual).some(([subtype, name]) => command.subtype === subtype && command.name === name);
}

function workOfColumn(column: ColumnDef, known: KnownTables): Work {
  const facts = columnFacts(column, known);
  if (facts.isComputed) return 'rewrites';
  if (facts.isUnique) return 'builds an index';
  if (facts.isChecked || (facts.references !== undefined && facts.hasDefault)) return 'scans';
  return 'nothing';
}

function workOfType(name: string, column: ColumnDef, table: string, known: KnownTables): Work {
  const before = known.get(table)?.columns.find((one) => one.name === name);
  const after = typeText(column.typeName);
  const isPlain = column.raw_default === undefined || isCastOf(column.raw_default, name, after);
  if (!isPlain || before === undefined || before.type === '') return 'rewrites';
  if (typeChangeRewrites(before.type, after, known)) return 'rewrites';
  // An index on the column is built anew if the order of its values may be another one.
  const own = known.get(table);
  // Check constraints on the column are made again, and looked at.
  const isChecked = own?.constraints.some(({ kind, columns }) => kind === 'check' && columns.includes(name)) ?? false;
  const isIndexed = own?.indexes.some(({ columns }) => columns.includes(name)) ?? false;
  if (isIndexed && column.collClause !== undefined) return 'builds an index';
  return isChecked ? 'scans' : 'nothing';
}

/** USING name, USING name::type: what would be done without it. */
function isCastOf(expression: Node, name: string, type: string): boolean {
  if ('ColumnRef' in expression) return names(expression.ColumnRef.fields).at(-1) === name;
  if (!('TypeCast' in expression) || typeText(expression.TypeCast.typeName) !== type) return false;
  const { arg } = expression.TypeCast;
  return arg !== undefined && isCastOf(arg, name, type);
}

function workOfConstraint(constraint: Constraint | undefined, table: string, known: KnownTables): Work {
  if (!constraint || constraint.is_enforced === false) return 'nothing';
  const { contype, skip_validation: unchecked, indexname } = constraint;
  if (contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN') return unchecked === true ? 'nothing' : 'scans';
  if (contype === 'CONSTR_NOTNULL') {
    const proven = names(constraint.keys).every((column) => provesNotNull(table, column, known));
    return unchecked === true || proven ? 'nothing' : 'scans';
  }
  if (indexname === undefined) return 'builds an index';
  if (contype !== 'CONSTR_PRIMARY') return 'nothing';
  // A primary key makes its columns NOT NULL, which is checked where they are not.
  const columns = known.get(table)?.indexes.find(({ name }) => name === indexname)?.columns ?? [];
  return columns.length > 0 && columns.every((column) => provesNotNull(table, column, known)) ? 'nothing' : 'scans';
}

/** The column is NOT NULL, or a checked constraint says so, which the server knows to use. */
export function provesNotNull(table: string, column: string, known: KnownTables): boolean {
  const found = known.get(table);
  if (found?.columns.some(({ name, notNull }) => name === column && notNull)) return true;
  return found?.constraints.some(({ validated, proves }) => validated && proves?.includes(column)) ?? false;
}

/** What a command locks beside its own table. */
function others(command: AlterTableCmd, table: string, known: KnownTables): Touch[] {
  const { subtype, name = '', def } = command;
  const own = known.get(table);
  if (subtype === 'AT_AddConstraint') {
    const constraint = constraintIn(def);
    if (constraint?.contype !== 'CONSTR_FOREIGN') return [];
    return [{ table: labelOf(constraint.pktable, known), lock: 'SHARE ROW EXCLUSIVE' }];
  }
  if (subtype === 'AT_AddColumn' && def && 'ColumnDef' in def) {
    const { references } = columnFacts(def.ColumnDef, known);
    return references === undefined ? [] : [{ table: labelOf(references, known), lock: 'SHARE ROW EXCLUSIVE' }];
  }
  if (subtype === 'AT_ValidateConstraint') {
    const references = own?.constraints.find((one) => one.name === name)?.references;
    return references === undefined ? [] : [{ table: references, lock: 'ROW SHARE' }];
  }
  if (subtype === 'AT_DropConstraint' || subtype === 'AT_DropColumn' || subtype === 'AT_AlterColumnType') {
    return foreignKeysOf(command, table, known).map((label) => ({ table: label, lock: 'ACCESS EXCLUSIVE' }));
  }
  if (subtype === 'AT_AddInherit' && def && 'RangeVar' in def) {
    return [{ table: labelOf(def.RangeVar, known), lock: 'SHARE UPDATE EXCLUSIVE' }];
  }
  if (subtype === 'AT_DropInherit' && def && 'RangeVar' in def) {
    return [{ table: labelOf(def.RangeVar, known), lock: 'ACCESS SHARE' }];
  }
  return def && 'PartitionCmd' in def ? partitionsOf(command, table, known) : [];
}

function partitionsOf(command: AlterTableCmd, table: string, known: KnownTables): Touch[] {
  const { subtype, def } = command;
  if (def === undefined || !('PartitionCmd' in def)) return [];
  const partition = labelOf(def.PartitionCmd.name, known);
  const concurrent = isConcurrent(def);
  const defaults: Touch[] = known
    .childrenOf(table)
    .filter(({ label, isDefaultPartition }) => isDefaultPartition && label !== partition && !concurrent)
    .map(({ label }) => ({
      table: label,
      lock: 'ACCESS EXCLUSIVE',
      work: subtype === 'AT_AttachPartition' ? 'scans' : 'nothing',
    }));
  return [
    {
      table: partition,
      lock: concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE',
      work: subtype === 'AT_AttachPartition' ? 'scans' : 'nothing',
    },
    ...defaults,
  ];
}

/** The tables at the other end of the foreign keys that go, or are made anew, with a constraint or a column. */
function foreignKeysOf(command: AlterTableCmd, table: string, known: KnownTables): string[] {
  const { subtype, name = '', behavior } = command;
  const constraints = known.get(table)?.constraints ?? [];
  const isMeant = (one: { readonly name: string; readonly columns: readonly string[] }): boolean =>
    subtype === 'AT_DropConstraint' ? one.name === name : one.columns.includes(name);
  const from = constraints.flatMap((one) => (one.references !== undefined && isMeant(one) ? [one.references] : []));
  const isKey = constraints.some(({ kind, ...one }) => (kind === 'primary key' || kind === 'unique') && isMeant(one));
  const isAlone = subtype !== 'AT_AlterColumnType' && behavior !== 'DROP_CASCADE';
  const to = isKey && !isAlone ? known.referencing(table).map(({ label }) => label) : [];
  return [...from, ...to];
}

export function constraintIn(node: Node | undefined): Constraint | undefined {
  return node !== undefined && 'Constraint' in node ? node.Constraint : undefined;
}

function isConcurrent(node: Node | undefined): boolean {
  return node !== undefined && 'PartitionCmd' in node && node.PartitionCmd.concurrent === true;
}

function setsOption(node: Node | undefined, name: string): boolean {
  const options = node !== undefined && 'List' in node ? (node.List.items ?? []) : [];
  return options.some((option) => 'DefElem' in option && option.DefElem.defname === name);
}

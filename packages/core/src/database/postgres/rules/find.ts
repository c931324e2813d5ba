import type { AlterTableCmd, AlterTableType, ColumnDef, Constraint, Node, ObjectType } from 'libpg-query';
import type { Rule, ScriptFacts, TableEffect } from '../../../plan/analysis.ts';
import type { KnownTables } from '../../../plan/known-tables.ts';
import { constraintIn } from './alter-table.ts';
import { labelOf, labelOfPath, names } from './nodes.ts';

/** What a rule looks at. */
export interface Place {
  readonly statement: Node;
  readonly text: string;
  /** The tables as they are before the statement. */
  readonly known: KnownTables;
  readonly effects: readonly TableEffect[];
  readonly script: ScriptFacts;
}

/** What a rule has found: what it is about, and its table if it is about one. */
export interface Hit {
  readonly subject: string;
  readonly table?: string;
}

export interface PostgresRule extends Rule {
  readonly find: (place: Place) => readonly Hit[];
}

/** The commands of an ALTER TABLE with their tables. */
export function commandsOf({ statement, known }: Place): readonly (AlterTableCmd & { readonly table: string })[] {
  if (!('AlterTableStmt' in statement)) return [];
  const { relation, cmds = [] } = statement.AlterTableStmt;
  const table = labelOf(relation, known);
  return cmds.flatMap((node) => ('AlterTableCmd' in node ? [{ ...node.AlterTableCmd, table }] : []));
}

/** Finds commands of ALTER TABLE. */
export function command(...subtypes: readonly AlterTableType[]): PostgresRule['find'] {
  return (place) =>
    commandsOf(place)
      .filter(({ subtype }) => subtype !== undefined && subtypes.includes(subtype))
      .map(({ table, name }) => ({ table, subject: name === undefined ? table : `${table}.${name}` }));
}

/** Columns that a statement adds to a table that is there, or defines with a new one. */
export function columnsIn(
  place: Place,
): readonly { readonly table: string; readonly column: ColumnDef; readonly isAdded: boolean }[] {
  const { statement, known } = place;
  const added = commandsOf(place).flatMap(({ subtype, def, table }) =>
    subtype === 'AT_AddColumn' && def && 'ColumnDef' in def ? [{ table, column: def.ColumnDef, isAdded: true }] : [],
  );
  if (!('CreateStmt' in statement)) return added;
  const { relation, tableElts = [] } = statement.CreateStmt;
  const table = labelOf(relation, known);
  return tableElts.flatMap((node) => ('ColumnDef' in node ? [{ table, column: node.ColumnDef, isAdded: false }] : []));
}

/** Finds columns by their types: those that are added, defined, or given another type. */
export function columnType(
  matches: (type: string, column: ColumnDef) => boolean,
  typeOf: (column: ColumnDef) => string,
): PostgresRule['find'] {
  return (place) => {
    const changed = commandsOf(place).flatMap(({ subtype, name = '', def, table }) =>
      subtype === 'AT_AlterColumnType' && def && 'ColumnDef' in def ? [{ table, name, column: def.ColumnDef }] : [],
    );
    const defined = columnsIn(place).map(({ table, column }) => ({ table, name: column.colname ?? '', column }));
    return [...defined, ...changed]
      .filter(({ column }) => matches(typeOf(column), column))
      .map(({ table, name }) => ({ table, subject: `${table}.${name}` }));
  };
}

/** Constraints that are added to a table that is there. */
export function constraintsAdded(place: Place): readonly (Constraint & { readonly table: string })[] {
  return commandsOf(place).flatMap(({ subtype, def, table }) => {
    const constraint = subtype === 'AT_AddConstraint' ? constraintIn(def) : undefined;
    return constraint ? [{ ...constraint, table }] : [];
  });
}

export function constraintAdded(matches: (constraint: Constraint) => boolean): PostgresRule['find'] {
  return (place) =>
    constraintsAdded(place)
      .filter(matches)
      .map(({ table, conname }) => ({ table, subject: conname === undefined ? table : `${table}: ${conname}` }));
}

/** Finds what a DROP drops, with the table that it belongs to. */
export function dropped(...types: readonly ObjectType[]): PostgresRule['find'] {
  return ({ statement, known }) => {
    if (!('DropStmt' in statement)) return [];
    const { objects = [], removeType } = statement.DropStmt;
    if (removeType === undefined || !types.includes(removeType)) return [];
    const onTable = ['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY'].includes(removeType);
    return objects.map((node) => {
      const path = pathOf(node);
      const table = ownerOf(removeType, onTable ? path.slice(0, -1) : path, known);
      const subject = onTable ? `${path.at(-1) ?? ''} on ${table ?? ''}` : path.join('.');
      return table === undefined ? { subject } : { subject, table };
    });
  };
}

function ownerOf(type: ObjectType, path: readonly string[], known: KnownTables): string | undefined {
  if (type === 'OBJECT_INDEX') return known.withIndex(path.at(-1) ?? '', path.at(-2))?.label;
  const isTable = ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY'];
  return isTable.includes(type) ? labelOfPath(path, known) : undefined;
}

function pathOf(node: Node): string[] {
  if ('List' in node) return names(node.List.items);
  if ('TypeName' in node) return names(node.TypeName.names);
  if ('ObjectWithArgs' in node) return names(node.ObjectWithArgs.objname);
  return names([node]);
}

/** Finds renames of these kinds of objects. */
export function renamed(matches: (type: ObjectType) => boolean): PostgresRule['find'] {
  return ({ statement, known }) => {
    if (!('RenameStmt' in statement)) return [];
    const { renameType, relation, subname, object } = statement.RenameStmt;
    if (renameType === undefined || !matches(renameType)) return [];
    if (relation === undefined) return [{ subject: object === undefined ? (subname ?? '') : pathOf(object).join('.') }];
    const table = labelOf(relation, known);
    return [{ table, subject: subname === undefined ? table : `${table}.${subname}` }];
  };
}

/** Finds statements of these kinds, named by what `subject` says. */
export function kind(name: string, subject: (place: Place) => string = () => ''): PostgresRule['find'] {
  return (place) => (name in place.statement ? [{ subject: subject(place) }] : []);
}

/** What a statement works on that no other rule speaks of. */
export function effectsWith(matches: (effect: TableEffect) => boolean): PostgresRule['find'] {
  return ({ effects }) => effects.filter(matches).map(({ table }) => ({ table, subject: table }));
}

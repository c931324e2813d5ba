import type { AlterTableCmd, ColumnDef, Constraint, IndexStmt, Node, RangeVar } from 'libpg-query';
import type { KnownColumn, KnownConstraint, KnownIndex, KnownTable, KnownTables } from '../../../plan/known-tables.ts';
import { newTable } from '../../../plan/known-tables.ts';
import { columnFacts } from './columns.ts';
import { found, labelOf, labelOfPath, names, tablesRead, typeText } from './nodes.ts';

/** Brings what is known of the tables up to date with what a statement does. */
export function remember(statement: Node, known: KnownTables): void {
  if ('CreateStmt' in statement) rememberTable(statement.CreateStmt, known);
  else if ('CreateTableAsStmt' in statement) {
    const { into, objtype, query } = statement.CreateTableAsStmt;
    const isView = objtype === 'OBJECT_MATVIEW';
    add(into?.rel, isView ? { kind: 'materialized view', reads: tablesRead(query, known) } : {}, known);
  } else if ('SelectStmt' in statement) {
    if (statement.SelectStmt.intoClause) add(statement.SelectStmt.intoClause.rel, {}, known);
  } else if ('ViewStmt' in statement) {
    const { view, query } = statement.ViewStmt;
    const reads = tablesRead(query, known);
    const label = labelOf(view, known);
    if (known.get(label)) known.change(label, { reads });
    else add(view, { kind: 'view', reads }, known);
  } else if ('IndexStmt' in statement) rememberIndex(statement.IndexStmt, known);
  else if ('AlterTableStmt' in statement) {
    const { relation, cmds = [] } = statement.AlterTableStmt;
    const label = labelOf(relation, known);
    for (const node of cmds) if ('AlterTableCmd' in node) rememberCommand(node.AlterTableCmd, label, known);
  } else if ('DropStmt' in statement) rememberDrop(statement.DropStmt, known);
  else if ('RenameStmt' in statement) rememberName(statement, known);
  else if ('AlterObjectSchemaStmt' in statement) {
    const { relation, newschema } = statement.AlterObjectSchemaStmt;
    move(labelOf(relation, known), relation?.relname, newschema, known);
  } else rememberType(statement, known);
}

function add(relation: RangeVar | undefined, facts: Partial<KnownTable>, known: KnownTables): string {
  const name = relation?.relname ?? '';
  const schema = relation?.schemaname ?? known.schemas[0] ?? '';
  const label = schema === '' ? name : `${schema}.${name}`;
  known.set(newTable({ schema, name }, label, facts));
  return label;
}

function rememberTable(statement: Extract<Node, { CreateStmt: unknown }>['CreateStmt'], known: KnownTables): void {
  const { relation, tableElts = [], inhRelations = [], partbound, partspec, if_not_exists: maybe } = statement;
  if (maybe === true && known.get(labelOf(relation, known))) return;
  const parents = inhRelations.flatMap((node) => ('RangeVar' in node ? [labelOf(node.RangeVar, known)] : []));
  const inherited = parents.flatMap((parent) => known.get(parent)?.columns ?? []);
  const label = add(
    relation,
    {
      kind: partspec ? 'partitioned' : 'table',
      parents,
      isDefaultPartition: partbound?.is_default === true,
      columns: inherited,
    },
    known,
  );
  for (const node of tableElts) {
    if ('ColumnDef' in node) rememberColumn(node.ColumnDef, label, known);
    if ('Constraint' in node) rememberConstraint(node.Constraint, label, known);
  }
  // NOT VALID means nothing where there are no rows.
  const constraints = known.get(label)?.constraints ?? [];
  known.change(label, { constraints: constraints.map((one) => ({ ...one, validated: true })) });
}

function rememberColumn(column: ColumnDef, label: string, known: KnownTables): void {
  const facts = columnFacts(column, known);
  const name = column.colname ?? '';
  const serial: Readonly<Record<string, string>> = {
    serial: 'int4',
    serial4: 'int4',
    bigserial: 'int8',
    serial8: 'int8',
    smallserial: 'int2',
    serial2: 'int2',
  };
  const added: KnownColumn = {
    name,
    type: serial[facts.type] ?? facts.type,
    notNull: facts.notNull,
    ...(facts.isStored ? { generated: 'stored' } : facts.isVirtual ? { generated: 'virtual' } : {}),
  };
  for (const table of known.family(label)) {
    known.change(table, { columns: [...(known.get(table)?.columns ?? []).filter((one) => one.name !== name), added] });
  }
  for (const node of column.constraints ?? []) {
    if ('Constraint' in node) rememberConstraint(node.Constraint, label, known, name);
  }
}

const kinds: Partial<Record<NonNullable<Constraint['contype']>, KnownConstraint['kind']>> = {
  CONSTR_CHECK: 'check',
  CONSTR_FOREIGN: 'foreign key',
  CONSTR_PRIMARY: 'primary key',
  CONSTR_UNIQUE: 'unique',
  CONSTR_EXCLUSION: 'exclusion',
  CONSTR_NOTNULL: 'not null',
};

/** The server's own names, where a constraint is not named. */
const endings: Readonly<Record<string, string>> = {
  check: 'check',
  'foreign key': 'fkey',
  'primary key': 'pkey',
  unique: 'key',
  exclusion: 'excl',
  'not null': 'not_null',
};

function rememberConstraint(constraint: Constraint, label: string, known: KnownTables, column?: string): void {
  const table = known.get(label);
  const kind = kinds[constraint.contype ?? 'CONSTR_NULL'];
  if (!table || !kind) return;
  const key = constraint.contype === 'CONSTR_FOREIGN' ? constraint.fk_attrs : constraint.keys;
  const proven = kind === 'check' ? provenNotNull(constraint.raw_expr) : [];
  const listed = column === undefined ? names(key) : [column];
  const byIndex = table.indexes.find(({ name }) => name === constraint.indexname)?.columns;
  const columns = byIndex ?? (kind === 'check' ? columnsIn(constraint.raw_expr) : listed);
  const stem = kind === 'primary key' ? table.name : [table.name, ...listed].join('_');
  const name = constraint.conname ?? `${stem}_${endings[kind] ?? ''}`;
  const validated = constraint.skip_validation !== true && constraint.is_enforced !== false;
  const one: KnownConstraint = {
    name,
    kind,
    validated,
    columns,
    // A check that a column IS NOT NULL is as good as a NOT NULL.
    ...(kind === 'not null' ? { proves: columns } : proven.length > 0 ? { proves: proven } : {}),
    ...(constraint.pktable ? { references: labelOf(constraint.pktable, known) } : {}),
  };
  known.change(label, { constraints: [...table.constraints, one] });
  if (kind === 'primary key' || kind === 'unique') {
    const index: KnownIndex = { name, kind: kind === 'unique' ? 'unique' : 'primary', columns };
    known.change(label, { indexes: [...table.indexes.filter((other) => other.name !== constraint.indexname), index] });
  }
  if (kind === 'primary key') for (const each of columns) setNotNull(label, each, true, known);
}

function columnsIn(expression: Node | undefined): string[] {
  const references = found(expression, 'ColumnRef').flatMap((one) =>
    typeof one === 'object' && one !== null && 'fields' in one ? found(one.fields, 'String') : [],
  );
  return references.flatMap((one) =>
    typeof one === 'object' && one !== null && 'sval' in one ? [String(one.sval)] : [],
  );
}

/** The columns of `a IS NOT NULL` and of such conditions joined by AND. */
export function provenNotNull(expression: Node | undefined): string[] {
  if (expression === undefined) return [];
  if ('BoolExpr' in expression && expression.BoolExpr.boolop === 'AND_EXPR') {
    return (expression.BoolExpr.args ?? []).flatMap(provenNotNull);
  }
  if (!('NullTest' in expression) || expression.NullTest.nulltesttype !== 'IS_NOT_NULL') return [];
  const { arg } = expression.NullTest;
  return arg && 'ColumnRef' in arg ? names(arg.ColumnRef.fields).slice(-1) : [];
}

function setNotNull(label: string, column: string, notNull: boolean, known: KnownTables): void {
  const columns = (known.get(label)?.columns ?? []).map((one) => (one.name === column ? { ...one, notNull } : one));
  known.change(label, { columns });
}

function rememberIndex(statement: IndexStmt, known: KnownTables): void {
  const label = labelOf(statement.relation, known);
  const table =
    known.get(label) ?? known.get(add(statement.relation, { isNew: false, rows: null, bytes: null }, known));
  if (!table) return;
  const columns = (statement.indexParams ?? []).flatMap((node) =>
    'IndexElem' in node && node.IndexElem.name !== undefined ? [node.IndexElem.name] : [],
  );
  const name = statement.idxname ?? `${[table.name, ...columns].join('_')}_idx`;
  const index: KnownIndex = { name, kind: statement.unique === true ? 'unique' : 'plain', columns };
  known.change(label, { indexes: [...table.indexes.filter((one) => one.name !== name), index] });
}

function rememberCommand(command: AlterTableCmd, label: string, known: KnownTables): void {
  const { subtype, name = '', def } = command;
  const table = known.get(label);
  if (!table) return;
  if (subtype === 'AT_AddColumn' && def && 'ColumnDef' in def) rememberColumn(def.ColumnDef, label, known);
  if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def) rememberConstraint(def.Constraint, label, known);
  if (subtype === 'AT_SetNotNull' || subtype === 'AT_DropNotNull') {
    setNotNull(label, name, subtype === 'AT_SetNotNull', known);
  }
  if (subtype === 'AT_AlterColumnType' && def && 'ColumnDef' in def) {
    const type = typeText(def.ColumnDef.typeName);
    known.change(label, { columns: table.columns.map((one) => (one.name === name ? { ...one, type } : one)) });
  }
  if (subtype === 'AT_DropColumn') {
    known.change(label, {
      columns: table.columns.filter((one) => one.name !== name),
      indexes: table.indexes.filter(({ columns }) => !columns.includes(name)),
      constraints: table.constraints.filter(({ columns }) => !columns.includes(name)),
    });
  }
  if (subtype === 'AT_DropConstraint') {
    known.change(label, {
      constraints: table.constraints.filter((one) => one.name !== name),
      indexes: table.indexes.filter((one) => one.name !== name),
    });
  }
  if (subtype === 'AT_ValidateConstraint') {
    const constraints = table.constraints.map((one) => (one.name === name ? { ...one, validated: true } : one));
    known.change(label, { constraints });
  }
  if (def === undefined || !('PartitionCmd' in def)) return;
  const partition = labelOf(def.PartitionCmd.name, known);
  const parents = (known.get(partition)?.parents ?? []).filter((parent) => parent !== label);
  const isDefaultPartition = def.PartitionCmd.bound?.is_default === true;
  if (subtype === 'AT_AttachPartition') known.change(partition, { parents: [...parents, label], isDefaultPartition });
  if (subtype === 'AT_DetachPartition') known.change(partition, { parents, isDefaultPartition: false });
}

function rememberDrop(statement: Extract<Node, { DropStmt: unknown }>['DropStmt'], known: KnownTables): void {
  const { objects = [], removeType = '' } = statement;
  for (const node of objects) {
    const path = 'List' in node ? names(node.List.items) : names([node]);
    const name = path.at(-1) ?? '';
    if (['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'].includes(removeType)) {
      for (const label of known.family(labelOfPath(path, known))) known.delete(label);
    }
    if (removeType === 'OBJECT_INDEX') {
      const table = known.withIndex(name, path.at(-2));
      if (table) known.change(table.label, { indexes: table.indexes.filter((index) => index.name !== name) });
    }
    if (removeType === 'OBJECT_DOMAIN' && 'TypeName' in node) {
      known.domains.delete(names(node.TypeName.names).at(-1) ?? '');
    }
  }
}

function rememberName(statement: Extract<Node, { RenameStmt: unknown }>, known: KnownTables): void {
  const { relation, renameType, subname = '', newname = '' } = statement.RenameStmt;
  const renamed = <Entry extends { readonly name: string }>(list: readonly Entry[], name: string): Entry[] =>
    list.map((one) => (one.name === name ? { ...one, name: newname } : one));
  if (renameType === 'OBJECT_INDEX') {
    const table = known.withIndex(relation?.relname ?? '', relation?.schemaname);
    if (table) known.change(table.label, { indexes: renamed(table.indexes, relation?.relname ?? '') });
    return;
  }
  const label = labelOf(relation, known);
  const table = known.get(label);
  if (!table) return;
  if (renameType === 'OBJECT_COLUMN') {
    const swap = (columns: readonly string[]): string[] => columns.map((one) => (one === subname ? newname : one));
    known.change(label, {
      columns: renamed(table.columns, subname),
      indexes: table.indexes.map((index) => ({ ...index, columns: swap(index.columns) })),
      constraints: table.constraints.map((one) => ({ ...one, columns: swap(one.columns) })),
    });
  } else if (renameType === 'OBJECT_TABCONSTRAINT') {
    known.change(label, { constraints: renamed(table.constraints, subname), indexes: renamed(table.indexes, subname) });
  } else move(label, newname, table.schema, known);
}

/** Another name or schema. Those that refer to the table go with it. */
function move(label: string, name: string | undefined, schema: string | undefined, known: KnownTables): void {
  const table = known.get(label);
  if (!table || name === undefined || schema === undefined) return;
  const next = schema === '' ? name : `${schema}.${name}`;
  known.delete(label);
  known.set({ ...table, schema, name, label: next });
  for (const other of known.all()) {
    known.change(other.label, {
      parents: other.parents.map((parent) => (parent === label ? next : parent)),
      reads: other.reads.map((read) => (read === label ? next : read)),
      constraints: other.constraints.map((one) => (one.references === label ? { ...one, references: next } : one)),
    });
  }
}

function rememberType(statement: Node, known: KnownTables): void {
  if ('CreateDomainStmt' in statement) {
    const { domainname, typeName, constraints = [] } = statement.CreateDomainStmt;
    const name = names(domainname).at(-1) ?? '';
    const constrained = constraints.some(
      (node) => 'Constraint' in node && ['CONSTR_CHECK', 'CONSTR_NOTNULL'].includes(node.Constraint.contype ?? ''),
    );
    known.domains.set(name, { name, base: typeText(typeName), constrained });
  }
  if ('AlterDomainStmt' in statement && ['C', 'O'].includes(statement.AlterDomainStmt.subtype ?? '')) {
    const domain = known.domains.get(names(statement.AlterDomainStmt.typeName).at(-1) ?? '');
    if (domain) known.domains.set(domain.name, { ...domain, constrained: true });
  }
  if (!('CreateFunctionStmt' in statement)) return;
  const { funcname, options = [] } = statement.CreateFunctionStmt;
  const name = names(funcname).at(-1) ?? '';
  const level = options.flatMap((node) =>
    'DefElem' in node && node.DefElem.defname === 'volatility' && node.DefElem.arg ? names([node.DefElem.arg]) : [],
  );
  const isStable = level[0] === 'stable' || level[0] === 'immutable';
  known.volatile.delete(name);
  known.stable.delete(name);
  (isStable ? known.stable : known.volatile).add(name);
}

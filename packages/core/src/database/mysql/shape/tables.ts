import type { Row } from '../../database.ts';
import type { Flavour } from '../flavour.ts';
import { escaped, quote } from '../quote.ts';
import type { Column } from './columns.ts';
import { columnDefinition, columnFacts, columnShapes, hasDateDefault, modernName, readColumn } from './columns.ts';
import { unescapeExpression } from './expression.ts';
import { describeForeignKeys } from './foreign-keys.ts';
import { exactSettings, guard } from './guarded.ts';
import type { Settings } from './guarded.ts';
import type { Index } from './indexes.ts';
import { indexDefinition, indexFacts, readIndexes } from './indexes.ts';
import { describePartitions, partitionClause, partitioning } from './partitions.ts';
import type { Parts } from './parts.ts';
import { addComment, addObject, groupBy, label } from './parts.ts';
import type { Rows } from './read.ts';
import type { ShowCreate } from './show-create.ts';

/** Describes the tables, in the order of their names. Their indexes come first in `after`, then their foreign keys. */
export function describeTables(
  rows: Rows,
  shown: ReadonlyMap<string, ShowCreate>,
  flavour: Flavour,
  database: string,
  parts: Parts,
): void {
  const of = {
    columns: groupBy(rows.columns, 'table_name'),
    indexes: groupBy(rows.indexes, 'table_name'),
    checks: groupBy(rows.checks, 'table_name'),
    foreignKeys: groupBy(rows.foreignKeys, 'table_name'),
    partitions: groupBy(rows.partitions, 'table_name'),
  };
  const foreignKeys: (() => void)[] = [];
  for (const row of rows.tables) {
    const name = row['table_name'] ?? '';
    if (!isCarried(row, shown.get(name), parts)) continue;
    const table: Table = {
      name,
      row,
      columns: (of.columns.get(name) ?? []).map((column) =>
        withByteDefault(readColumn(column, flavour), shown.get(name)),
      ),
      indexes: readIndexes(of.indexes.get(name) ?? [], shown.get(name)),
      checks: of.checks.get(name) ?? [],
      partitions: of.partitions.get(name) ?? [],
      definition: shown.get(name)?.text ?? '',
    };
    const settings: Settings = table.columns.some(hasDateDefault) ? exactSettings : {};
    describeTable(table, settings, flavour, parts);
    foreignKeys.push(() =>
      describeForeignKeys(name, of.foreignKeys.get(name) ?? [], settings, flavour, database, parts),
    );
  }
  for (const describe of foreignKeys) describe();
}

interface Table {
  readonly name: string;
  readonly row: Row;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  readonly checks: readonly Row[];
  readonly partitions: readonly Row[];
  /** What SHOW CREATE TABLE says, where it was asked. */
  readonly definition: string;
}

/** Views are described elsewhere. What is neither goes to the list of what cannot be carried. */
function isCarried(row: Row, shown: ShowCreate | undefined, parts: Parts): boolean {
  const name = row['table_name'] ?? '';
  const type = row['type'] ?? '';
  const refuse = (kind: string): boolean => {
    parts.unsupported.push({ kind, name });
    return false;
  };
  if (type === 'VIEW') return false;
  if (type === 'SEQUENCE') return refuse('sequence');
  if (type === 'SYSTEM VERSIONED') return refuse('system-versioned table');
  if (type !== 'BASE TABLE') return refuse(type.toLowerCase());
  if (row['engine'] !== 'InnoDB') return refuse(`table of the engine ${row['engine'] ?? 'unknown'}`);
  return shown?.period ? refuse('table with a period') : true;
}

function describeTable(table: Table, settings: Settings, flavour: Flavour, parts: Parts): void {
  const { name, row, columns } = table;
  const collation = modernName(row['collation'] ?? null) ?? '';
  const options = readOptions(row['options'] ?? '');
  addObject(parts, 'table', label(name), {
    engine: row['engine'] ?? '',
    collation,
    options: Object.fromEntries(options),
    columns: columns.map((column) => column.name),
    partitioning: partitioning(table.partitions),
  });
  addComment(parts, 'table', label(name), row['comment'] ?? '');
  for (const column of columns) describeColumn(name, column, parts);
  describePartitions(name, table.partitions, parts);
  describeChecks(name, table.checks, parts);
  parts.tables.push({ schema: '', name, label: label(name), columns: columnShapes(columns) });
  const inside = table.indexes.filter((index) => index.name === 'PRIMARY' || index === indexOfCounter(table));
  parts.before.push({
    kind: 'table',
    name: label(name),
    create: guard(createTable(table, collation, options, inside, flavour), settings),
  });
  for (const index of table.indexes) describeIndex(name, index, inside.includes(index), settings, flavour, parts);
}

function describeColumn(table: string, column: Column, parts: Parts): void {
  const named = label(table, column.name);
  if (!column.form) parts.unsupported.push({ kind: `column of the type ${column.type}`, name: named });
  if (column.unknown !== '') parts.unsupported.push({ kind: `column with "${column.unknown}"`, name: named });
  addObject(parts, 'column', named, columnFacts(column));
  addComment(parts, 'column', named, column.comment);
}

function describeChecks(table: string, rows: readonly Row[], parts: Parts): void {
  for (const row of rows) {
    addObject(parts, 'check constraint', label(table, row['name'] ?? ''), {
      expression: unescapeExpression(row['clause'] ?? ''),
      enforced: row['enforced'] === 'YES',
      column: row['level'] === 'Column',
    });
  }
}

function describeIndex(
  table: string,
  index: Index,
  inside: boolean,
  settings: Settings,
  flavour: Flavour,
  parts: Parts,
): void {
  const kind = index.name === 'PRIMARY' ? 'primary key' : index.unique ? 'unique constraint' : 'index';
  const named = label(table, index.name);
  addObject(parts, kind, named, indexFacts(index));
  addComment(parts, 'index', named, index.comment);
  if (inside) return;
  parts.after.push({
    kind,
    name: named,
    table: label(table),
    create: guard(`ALTER TABLE ${quote(table)} ADD ${indexDefinition(index, hidden(flavour))}`, settings),
    drop: guard(`ALTER TABLE ${quote(table)} DROP KEY ${quote(index.name)}`, settings),
  });
}

/** An AUTO_INCREMENT column needs an index that begins with it from the start. */
function indexOfCounter({ columns, indexes }: Table): Index | undefined {
  const counter = columns.find((column) => column.autoIncrement);
  if (!counter) return undefined;
  const beginning = indexes.filter(({ parts: [first] }) => first && 'column' in first && first.column === counter.name);
  return beginning.find((index) => index.name === 'PRIMARY') ?? beginning[0];
}

function createTable(
  table: Table,
  collation: string,
  options: readonly (readonly [string, string])[],
  indexes: readonly Index[],
  flavour: Flavour,
): string {
  const checksOf = (column: string): string[] =>
    table.checks
      .filter((row) => row['level'] === 'Column' && row['name'] === column)
      .map((row) => unescapeExpression(row['clause'] ?? ''));
  const primaryFirst = indexes.toSorted((a, b) => Number(b.name === 'PRIMARY') - Number(a.name === 'PRIMARY'));
  const lines = [
    ...table.columns.map((column) => columnDefinition(column, collation, checksOf(column.name))),
    ...primaryFirst.map((index) => indexDefinition(index, hidden(flavour))),
    ...table.checks.filter((row) => row['level'] !== 'Column').map(checkDefinition),
  ];
  const comment = table.row['comment'] ?? '';
  const tail = [
    `ENGINE=InnoDB DEFAULT CHARSET=${collation.split('_')[0] ?? ''} COLLATE=${collation}`,
    ...options.map(([key, value]) => `${key.toUpperCase()}=${value}`),
    ...(comment === '' ? [] : [`COMMENT=${escaped(comment)}`]),
  ].join(' ');
  const partitions = table.partitions.length > 0 ? `\n${partitionClause(table.definition)}` : '';
  return `CREATE TABLE ${quote(table.name)} (\n  ${lines.join(',\n  ')}\n) ${tail}${partitions}`;
}

function checkDefinition(row: Row): string {
  const enforced = row['enforced'] === 'YES' ? '' : ' NOT ENFORCED';
  return `CONSTRAINT ${quote(row['name'] ?? '')} CHECK (${unescapeExpression(row['clause'] ?? '')})${enforced}`;
}

/** `row_format=DYNAMIC KEY_BLOCK_SIZE=8 COMPRESSION="zlib" partitioned`, as names and SQL values. */
function readOptions(text: string): (readonly [string, string])[] {
  const pairs = text.matchAll(/`?(\w+)`?=("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.|'')*'|\S+)/g);
  return [...pairs].map(([, name = '', value = '']) => {
    // Newer versions write numbers in quotes.
    const content = /^["'](.*)["']$/s.exec(value)?.[1];
    const bare =
      content === undefined || /^\d+$/.test(content) ? (content ?? value) : `'${content.replace(/'+/g, "''")}'`;
    return [name.toLowerCase(), bare] as const;
  });
}

function withByteDefault(column: Column, shown: ShowCreate | undefined): Column {
  const value = shown?.byteDefaults.get(column.name);
  return value === undefined || column.default === null ? column : { ...column, default: { expression: value } };
}

function hidden(flavour: Flavour): 'INVISIBLE' | 'IGNORED' {
  return flavour.family === 'mysql' ? 'INVISIBLE' : 'IGNORED';
}

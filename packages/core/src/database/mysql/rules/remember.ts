import type { KnownColumn, KnownTable, KnownTables } from '../../../plan/known-tables.ts';
import { newTable } from '../../../plan/known-tables.ts';
import type { Token } from '../split/tokens.ts';
import { same } from './online.ts';
import type { Operation } from './parse-alter.ts';
import { parts, readName } from './parse-alter.ts';
import type { ColumnDefinition } from './parse-column.ts';
import { charsetName, nameOf, parseColumn } from './parse-column.ts';
import { parseAlteration } from './parse-alter.ts';

/** Brings what is known of the tables up to date with what a statement does. */
export function remember(tokens: readonly Token[], known: KnownTables): void {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const alteration = parseAlteration(tokens);
  if (alteration) {
    for (const operation of alteration.operations) apply(operation, alteration.table, known);
    return;
  }
  const [first] = words;
  if (first === 'CREATE' && words.slice(1, 4).includes('TABLE')) createTable(tokens, words, known);
  if (first === 'CREATE' && words.includes('VIEW')) {
    const { name } = readName(tokens, words.indexOf('VIEW') + 1);
    if (!known.get(name)) known.set(newTable({ schema: '', name }, name, { kind: 'view' }));
  }
  if (first === 'DROP' && (words[1] === 'TABLE' || words[1] === 'VIEW')) {
    const at = words[2] === 'IF' ? 4 : 2;
    for (const part of parts(tokens.slice(at))) known.delete(readName(part, 0).name);
  }
  if (first !== 'RENAME' || (words[1] !== 'TABLE' && words[1] !== 'TABLES')) return;
  for (const part of parts(tokens.slice(2))) {
    const { name, next } = readName(part, 0);
    rename(name, readName(part, next + 1).name, known);
  }
}

function createTable(tokens: readonly Token[], words: readonly string[], known: KnownTables): void {
  const at = words.indexOf('TABLE');
  const maybe = words[at + 1] === 'IF';
  const { name, next } = readName(tokens, maybe ? at + 4 : at + 1);
  if (maybe && known.get(name)) return;
  const like = words[next] === 'LIKE' ? readName(tokens, next + 1).name : undefined;
  const original = like === undefined ? undefined : known.get(like);
  if (original) {
    known.set({ ...original, name, label: name, isNew: true, rows: 0, bytes: 0, constraints: [] });
    return;
  }
  const open = tokens.findIndex(({ kind, text }, index) => index >= next && kind === 'symbol' && text === '(');
  const close = endOf(tokens, open);
  const tail = tokens.slice(close + 1);
  const option = (word: string): string | undefined => {
    const found = tail.findIndex(({ kind, text }) => kind === 'word' && text === word);
    return found === -1 ? undefined : nameOf(tail.slice(found + 1).find(({ text }) => !['=', 'SET'].includes(text)));
  };
  const charset = charsetName(option('CHARSET') ?? option('CHARACTER') ?? known.databaseCharset);
  const usual = charset === known.databaseCharset ? known.databaseCollation : known.collations.get(charset);
  const facts = {
    rowFormat: option('ROW_FORMAT') ?? '',
    engine: option('ENGINE') ?? 'innodb',
    charset,
    collation: option('COLLATE') ?? usual ?? '',
  };
  const isPartitioned = tail.some(({ kind, text }) => kind === 'word' && text === 'PARTITION');
  known.set(newTable({ schema: '', name }, name, { facts, kind: isPartitioned ? 'partitioned' : 'table' }));
  if (open === -1) return;
  for (const part of parts(tokens.slice(open + 1, close))) define(part, name, known);
}

function endOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  return tokens.findIndex(({ kind, text }, index) => {
    if (index < open || kind !== 'symbol') return false;
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    return depth === 0;
  });
}

const keywords = new Set([
  'CONSTRAINT',
  'PRIMARY',
  'UNIQUE',
  'INDEX',
  'KEY',
  'FULLTEXT',
  'SPATIAL',
  'FOREIGN',
  'CHECK',
  'PERIOD',
]);

/** A line between the parentheses of CREATE TABLE: as ADD would have it. */
function define(part: readonly Token[], table: string, known: KnownTables): void {
  const [first] = part;
  if (first === undefined) return;
  const isKey = first.kind === 'word' && keywords.has(first.text);
  const word = (text: string): Token => ({ kind: 'word', text, written: text, start: 0, end: 0 });
  if (!isKey) return addColumn(nameOf(first), parseColumn(part.slice(1)), table, known);
  const [operation] =
    parseAlteration([word('ALTER'), word('TABLE'), word(table), word('ADD'), ...part])?.operations ?? [];
  if (operation) apply(operation, table, known);
}

function columnOf(
  name: string,
  definition: ColumnDefinition,
  table: KnownTable | undefined,
  known: KnownTables,
): KnownColumn {
  const { type, notNull, counts, generated } = definition;
  const isText = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b/.test(type);
  const charset = definition.charset ?? table?.facts['charset'];
  const usual = definition.charset === undefined ? table?.facts['collation'] : known.collations.get(definition.charset);
  const collation = definition.collation ?? usual;
  return {
    name,
    type,
    notNull,
    counts,
    ...(generated ? { generated } : {}),
    ...(isText && charset ? { charset } : {}),
    ...(isText && collation ? { collation } : {}),
  };
}

function addColumn(name: string, definition: ColumnDefinition, label: string, known: KnownTables): void {
  const table = known.get(label);
  if (!table || table.columns.some((one) => same(one.name, name))) return;
  known.change(label, { columns: placed(table.columns, columnOf(name, definition, table, known), definition.after) });
  if (!definition.key) return;
  const isPrimary = definition.key === 'primary';
  const index = { name: isPrimary ? 'PRIMARY' : name, kind: definition.key, columns: [name] } as const;
  known.change(label, { indexes: [...table.indexes, index] });
}

function placed(columns: readonly KnownColumn[], column: KnownColumn, after: string | undefined): KnownColumn[] {
  if (after === '') return [column, ...columns];
  const at = after === undefined ? -1 : columns.findIndex(({ name }) => same(name, after));
  return at === -1 ? [...columns, column] : columns.toSpliced(at + 1, 0, column);
}

function apply(operation: Operation, label: string, known: KnownTables): void {
  const table = known.get(label);
  if (!table) return;
  const { columns, indexes, constraints } = table;
  if (operation.kind === 'add column') addColumn(operation.column, operation.definition, label, known);
  if (operation.kind === 'change column') {
    const changed = columnOf(operation.to, operation.definition, table, known);
    const { after } = operation.definition;
    const rest = columns.filter(({ name }) => !same(name, operation.column));
    const inPlace = columns.map((one) => (same(one.name, operation.column) ? changed : one));
    known.change(label, { columns: after === undefined ? inPlace : placed(rest, changed, after) });
    renameColumn(operation.column, operation.to, label, known);
  }
  if (operation.kind === 'rename column') renameColumn(operation.column, operation.to, label, known);
  if (operation.kind === 'drop column') {
    const without = (list: readonly string[]): string[] => list.filter((one) => !same(one, operation.column));
    known.change(label, {
      columns: columns.filter(({ name }) => !same(name, operation.column)),
      indexes: indexes
        .map((index) => ({ ...index, columns: without(index.columns) }))
        .filter((index) => index.columns.length > 0),
    });
  }
  if (operation.kind === 'add index') {
    const { index, type } = operation;
    const added = { name: type === 'primary' ? 'PRIMARY' : index, kind: type, columns: operation.columns };
    known.change(label, { indexes: [...indexes, added] });
    if (type !== 'primary') return;
    const isPart = ({ name }: KnownColumn): boolean => operation.columns.some((one) => same(one, name));
    known.change(label, { columns: columns.map((one) => (isPart(one) ? { ...one, notNull: true } : one)) });
  }
  if (operation.kind === 'drop index')
    known.change(label, { indexes: indexes.filter(({ name }) => !same(name, operation.index)) });
  if (operation.kind === 'drop primary key')
    known.change(label, { indexes: indexes.filter(({ kind }) => kind !== 'primary') });
  if (operation.kind === 'rename index') {
    known.change(label, {
      indexes: indexes.map((one) => (same(one.name, operation.index) ? { ...one, name: operation.to } : one)),
    });
  }
  if (operation.kind === 'add foreign key') {
    const { name, references } = operation;
    const added = { name, kind: 'foreign key', validated: true, columns: operation.columns, references } as const;
    known.change(label, { constraints: [...constraints, added] });
  }
  if (operation.kind === 'drop foreign key' || operation.kind === 'drop constraint') {
    known.change(label, { constraints: constraints.filter(({ name }) => !same(name, operation.name)) });
  }
  if (operation.kind === 'convert') {
    const collation = operation.collation ?? known.collations.get(operation.charset) ?? '';
    known.change(label, {
      columns: columns.map((one) =>
        one.charset === undefined ? one : { ...one, charset: operation.charset, collation },
      ),
      facts: { ...table.facts, charset: operation.charset, collation },
    });
  }
  if (operation.kind === 'rename') rename(label, operation.to, known);
}

function renameColumn(from: string, to: string, label: string, known: KnownTables): void {
  const table = known.get(label);
  if (!table) return;
  const swap = (name: string): string => (same(name, from) ? to : name);
  known.change(label, {
    columns: table.columns.map((one) => ({ ...one, name: swap(one.name) })),
    indexes: table.indexes.map((index) => ({ ...index, columns: index.columns.map(swap) })),
    constraints: table.constraints.map((one) => ({ ...one, columns: one.columns.map(swap) })),
  });
}

function rename(from: string, to: string, known: KnownTables): void {
  const table = known.get(from);
  if (!table) return;
  known.delete(from);
  known.set({ ...table, name: to, label: to });
  for (const other of known.all()) {
    const constraints = other.constraints.map((one) => (one.references === from ? { ...one, references: to } : one));
    known.change(other.label, { constraints });
  }
}

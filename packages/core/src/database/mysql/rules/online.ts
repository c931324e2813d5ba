import type { Algorithm } from '../../../plan/analysis.ts';
import type { KnownColumn, KnownTable, KnownTables } from '../../../plan/known-tables.ts';
import type { Flavour } from '../flavour.ts';
import type { Alteration, Operation } from './parse-alter.ts';
import type { ColumnDefinition } from './parse-column.ts';

/**
 * How a server does a part of an ALTER TABLE. Found out by asking the servers (the tests do it again for each of these),
 * and told by the manuals: MySQL, "Online DDL Operations"; MariaDB, "InnoDB Online DDL Operations".
 */
export interface Way {
  readonly algorithm: Algorithm;
  readonly lock: Lock;
  /** Every row is written anew. */
  readonly rebuilds: boolean;
  /** Added or dropped columns, which are instant only alone. */
  readonly isColumn?: boolean;
  readonly buildsIndex?: boolean;
  /** A virtual column is added, which MariaDB does at once only alone. */
  readonly isVirtual?: boolean;
}

export type Lock = 'DEFAULT' | 'NONE' | 'SHARED' | 'EXCLUSIVE';

export const algorithms: readonly Algorithm[] = ['INSTANT', 'NOCOPY', 'INPLACE', 'COPY'];
export const locks: readonly Lock[] = ['DEFAULT', 'NONE', 'SHARED', 'EXCLUSIVE'];

const instant: Way = { algorithm: 'INSTANT', lock: 'DEFAULT', rebuilds: false };
const instantColumn: Way = { ...instant, isColumn: true };
const inPlace: Way = { algorithm: 'INPLACE', lock: 'NONE', rebuilds: false };
const rebuild: Way = { algorithm: 'INPLACE', lock: 'NONE', rebuilds: true };
const rebuildShared: Way = { algorithm: 'INPLACE', lock: 'SHARED', rebuilds: true };
const noCopy: Way = { algorithm: 'NOCOPY', lock: 'NONE', rebuilds: false };

/** The ways of one server. */
export interface Server {
  readonly family: Flavour['family'];
  /** '' if it is not known. */
  readonly version: string;
  /** foreign_key_checks of the session. */
  readonly checksKeys: boolean;
}

/** MariaDB copies a table while others write to it since 11.2. */
export function copyOf({ family, version }: Server): Way {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOnline = family === 'mariadb' && (major > 11 || (major === 11 && minor >= 2));
  return { algorithm: 'COPY', lock: isOnline ? 'NONE' : 'SHARED', rebuilds: true };
}

/** What is only noted down: by MySQL in place, by MariaDB at once. */
function noted({ family }: Server): Way {
  return family === 'mysql' ? inPlace : instant;
}

function light({ family }: Server): Way {
  return family === 'mysql' ? inPlace : noCopy;
}

/** How the server does one part of a statement. */
export function wayOf(operation: Operation, table: KnownTable | undefined, known: KnownTables, server: Server): Way {
  const copy = copyOf(server);
  switch (operation.kind) {
    case 'add column':
      return addColumn(operation.definition, table, server);
    case 'drop column':
      return dropColumn(operation.column, table, server);
    case 'change column':
      return changeColumn(operation.column, operation.definition, table, known, server);
    case 'rename column':
    case 'set default':
    case 'drop default':
    case 'set visibility':
    case 'rename':
    case 'drop check':
    case 'nothing':
      return instant;
    case 'drop constraint':
      return dropConstraint(operation.name, table, server);
    case 'enforce check':
      return operation.enforced ? copy : instant;
    case 'add index':
      return addIndex(operation.type, operation.isFunctional, table, server);
    case 'drop index':
      return light(server);
    case 'rename index':
    case 'alter index':
    case 'option':
      return operation.kind === 'option' && ['ROW_FORMAT', 'KEY_BLOCK_SIZE'].includes(operation.option)
        ? rebuild
        : noted(server);
    case 'drop primary key':
    case 'add check':
    case 'order':
    case 'other':
      return copy;
    case 'add foreign key':
      if (server.checksKeys) return copy;
      return isIndexed(operation.columns, table) ? noted(server) : { ...light(server), buildsIndex: true };
    case 'drop foreign key':
      return noted(server);
    case 'engine':
      return operation.engine.toLowerCase() === 'innodb' ? rebuildOf(table, server) : copy;
    case 'rebuild':
      return rebuildOf(table, server);
    case 'convert':
      return convert(operation.charset, operation.collation, table, known, server);
    case 'partition':
      return partition(operation.action, server);
    default:
      return instant;
  }
}

function isIndexed(columns: readonly string[], table: KnownTable | undefined): boolean {
  return table?.indexes.some((index) => columns.every((column, at) => same(index.columns[at], column))) ?? false;
}

function hasFulltext(table: KnownTable | undefined): boolean {
  return table?.indexes.some(({ kind }) => kind === 'fulltext') ?? false;
}

/** A table with a full-text index is rebuilt with it. */
function rebuildOf(table: KnownTable | undefined, server: Server): Way {
  if (!hasFulltext(table)) return rebuild;
  return server.family === 'mysql' ? copyOf(server) : rebuildShared;
}

/** Columns of a compressed table, or of one with a full-text index, are not added or dropped at once. */
function columnWay(table: KnownTable | undefined, server: Server): Way {
  if (hasFulltext(table)) return rebuildOf(table, server);
  return table?.facts['rowFormat']?.toLowerCase() === 'compressed' ? rebuild : instantColumn;
}

function addColumn(definition: ColumnDefinition, table: KnownTable | undefined, server: Server): Way {
  const copy = copyOf(server);
  const { family } = server;
  if (definition.generated === 'stored' || definition.references !== undefined) return copy;
  if (definition.generated === 'virtual')
    return definition.after === undefined ? { ...instant, isVirtual: true } : copy;
  if (definition.counts) return rebuildShared;
  if (family === 'mysql' && (definition.isChecked || definition.defaultCalls !== undefined)) return copy;
  if (
    definition.defaultCalls?.some((call) => ['uuid', 'uuid_short', 'sys_guid', 'uuid_v4', 'uuid_v7'].includes(call))
  ) {
    return copy;
  }
  if (definition.key) return { ...rebuild, buildsIndex: true };
  const isShape = /^(geometry|point|linestring|polygon|multi|geom)/.test(definition.type);
  if (family === 'mysql' && isShape && definition.notNull) return rebuild;
  return columnWay(table, server);
}

function dropColumn(column: string, table: KnownTable | undefined, server: Server): Way {
  const indexes = table?.indexes.filter(({ columns }) => columns.some((one) => same(one, column))) ?? [];
  const others = table?.indexes.filter((index) => !indexes.includes(index)) ?? [];
  // A full-text index goes with its column, and the table is free of it.
  if (indexes.some(({ kind }) => kind === 'fulltext') && !others.some(({ kind }) => kind === 'fulltext'))
    return rebuild;
  const found = table?.columns.find(({ name }) => same(name, column));
  if (found?.generated === 'virtual') return instant;
  const way = columnWay(table, server);
  if (indexes.length === 0 || way.algorithm !== 'INSTANT') return way;
  return server.family === 'mysql' ? rebuild : noCopy;
}

function addIndex(
  type: Extract<Operation, { kind: 'add index' }>['type'],
  isFunctional: boolean,
  table: KnownTable | undefined,
  server: Server,
): Way {
  if (type === 'primary') return rebuild;
  // The first one gives every row a number.
  if (type === 'fulltext' && !hasFulltext(table)) return { ...rebuildShared, buildsIndex: true };
  const isShared = type === 'fulltext' || type === 'spatial' || isFunctional;
  return { ...light(server), lock: isShared ? 'SHARED' : 'NONE', buildsIndex: true };
}

function dropConstraint(name: string, table: KnownTable | undefined, server: Server): Way {
  const kind = table?.constraints.find((one) => same(one.name, name))?.kind;
  if (kind === 'foreign key') return noted(server);
  if (kind === 'primary key') return copyOf(server);
  return kind === 'unique' ? light(server) : instant;
}

function partition(action: string, server: Server): Way {
  // MariaDB takes no ALGORITHM here: it closes the table.
  const isQuick = ['ADD', 'DROP', 'TRUNCATE', 'ANALYZE', 'CHECK'].includes(action);
  if (server.family === 'mariadb') return { algorithm: 'COPY', lock: 'EXCLUSIVE', rebuilds: !isQuick };
  if (['TRUNCATE', 'ANALYZE', 'CHECK'].includes(action)) return instant;
  if (isQuick) return inPlace;
  return ['REORGANIZE', 'REBUILD', 'COALESCE'].includes(action)
    ? { ...inPlace, lock: 'SHARED', rebuilds: true }
    : copyOf(server);
}

function convert(
  charset: string,
  collation: string | undefined,
  table: KnownTable | undefined,
  known: KnownTables,
  server: Server,
): Way {
  const texts = table?.columns.filter((column) => column.charset !== undefined);
  if (texts?.length === 0 && table !== undefined && table.columns.length > 0) return noted(server);
  if (server.family === 'mysql' || texts === undefined || texts.length === 0) return copyOf(server);
  const to = { charset, collation: collation ?? known.collations.get(charset) };
  return combine(
    texts.map((column) => changeText(column, column.type, to, table, server)),
    server,
  );
}

function changeColumn(
  column: string,
  written: ColumnDefinition,
  table: KnownTable | undefined,
  known: KnownTables,
  server: Server,
): Way {
  const copy = copyOf(server);
  const isDocument = server.family === 'mariadb' && written.type === 'json';
  const definition: ColumnDefinition = isDocument ? { ...written, ...documentOfMariadb } : written;
  const columns = table?.columns ?? [];
  const at = columns.findIndex(({ name }) => same(name, column));
  const before = columns[at];
  if (before === undefined || before.type === '') return copy;
  const isMariadb = server.family === 'mariadb';
  if (definition.generated === 'stored' || before.generated === 'stored') return copy;
  if (definition.generated === 'virtual' || before.generated === 'virtual') return isMariadb ? instant : copy;
  const ways: Way[] = [];
  if (before.type !== definition.type) ways.push(changeType(before, definition.type, server));
  if (before.charset !== undefined && isText(definition.type)) {
    const charset =
      definition.charset ?? charsetOfCollation(definition.collation) ?? table?.facts['charset'] ?? before.charset;
    const isSaid = definition.charset !== undefined || definition.collation !== undefined;
    const usual = isSaid ? known.collations.get(charset) : table?.facts['collation'];
    ways.push(
      changeText(before, definition.type, { charset, collation: definition.collation ?? usual }, table, server),
    );
  }
  const isKey = table?.indexes.some(
    ({ kind, columns: parts }) => kind === 'primary' && parts.some((part) => same(part, column)),
  );
  if (before.notNull !== (definition.notNull || isKey === true)) ways.push(rebuildOf(table, server));
  if ((before.counts ?? false) !== definition.counts) ways.push(isMariadb && !definition.counts ? instant : copy);
  const previous = at === 0 ? '' : columns[at - 1]?.name;
  const moves = definition.after !== undefined && !same(previous, definition.after);
  if (moves) ways.push(isMariadb ? instant : rebuild);
  return combine(ways, server);
}

function changeType(before: KnownColumn, to: string, server: Server): Way {
  const [old, next] = [parseType(before.type), parseType(to)];
  if (old.base !== next.base) return copyOf(server);
  if (old.base === 'enum' || old.base === 'set') {
    const isLonger = old.list.every((value, at) => value === next.list[at]);
    const bytes = ({ base, list }: Type): number =>
      base === 'enum' ? Number(list.length > 255) : storageOfSet(list.length);
    return isLonger && bytes(old) === bytes(next) ? instant : copyOf(server);
  }
  if (old.base !== 'varchar' && old.base !== 'varbinary') return copyOf(server);
  const width = bytesOf(before.charset);
  return lengthen(Number(old.list[0]) * width, Number(next.list[0]) * width, server);
}

/** A VARCHAR may grow; on MySQL only as long as its length still fits into one byte, or did not before. */
function lengthen(before: number, after: number, server: Server): Way {
  if (after < before) return copyOf(server);
  if (server.family === 'mariadb') return instant;
  return before < 256 === after < 256 ? inPlace : copyOf(server);
}

function changeText(
  before: KnownColumn,
  type: string,
  to: { readonly charset: string; readonly collation: string | undefined },
  table: KnownTable | undefined,
  server: Server,
): Way {
  const isInIndex = table?.indexes.some(({ columns }) => columns.some((one) => same(one, before.name))) ?? false;
  if (before.charset !== to.charset) {
    if (before.charset !== 'utf8mb3' || to.charset !== 'utf8mb4') return copyOf(server);
    if (server.family === 'mariadb') return instant;
    if (isInIndex || !type.startsWith('varchar')) return copyOf(server);
    const length = Number(parseType(type).list[0]);
    return lengthen(length * 3, length * 4, server);
  }
  // Without a server, the collation may not be known.
  const isKnown = Boolean(before.collation) && Boolean(to.collation);
  if (!isKnown || before.collation === to.collation) return instant;
  if (!isInIndex) return noted(server);
  return server.family === 'mysql' ? copyOf(server) : { ...noCopy, buildsIndex: true };
}

/** MariaDB keeps a document as a text. */
const documentOfMariadb = { type: 'longtext', charset: 'utf8mb4', collation: 'utf8mb4_bin' };

interface Type {
  readonly base: string;
  readonly list: readonly string[];
}

function parseType(type: string): Type {
  const [, base = '', list = ''] = /^(\w+)(?:\((.*)\))?/s.exec(type) ?? [];
  return { base, list: list.match(/'(?:[^']|'')*'|[^,]+/g) ?? [] };
}

function storageOfSet(count: number): number {
  return count <= 8 ? 1 : count <= 16 ? 2 : count <= 24 ? 3 : count <= 32 ? 4 : 8;
}

function isText(type: string): boolean {
  return /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b/.test(type);
}

function bytesOf(charset: string | undefined): number {
  const widths: Readonly<Record<string, number>> = {
    utf8mb4: 4,
    utf8mb3: 3,
    ucs2: 2,
    utf16: 4,
    utf32: 4,
    gbk: 2,
    sjis: 2,
  };
  return charset === undefined ? 1 : (widths[charset] ?? 1);
}

function charsetOfCollation(collation: string | undefined): string | undefined {
  const [charset] = (collation ?? '').split('_');
  return charset === undefined || charset === '' ? undefined : charset === 'utf8' ? 'utf8mb3' : charset;
}

/** A statement is done in the way of its heaviest part. */
export function combine(ways: readonly Way[], server: Server): Way {
  const virtual = ways.filter(({ isVirtual }) => isVirtual === true);
  const isMixed = virtual.length > 0 && virtual.length < ways.length;
  if (isMixed && server.family === 'mariadb') return copyOf(server);
  const worst = ways.reduce(
    (left, right) => (algorithms.indexOf(right.algorithm) > algorithms.indexOf(left.algorithm) ? right : left),
    instant,
  );
  const lock = ways.reduce<Lock>(
    (left, right) => (locks.indexOf(right.lock) > locks.indexOf(left) ? right.lock : left),
    worst.lock,
  );
  const buildsIndex = ways.some((way) => way.buildsIndex === true);
  const joined: Way = {
    algorithm: worst.algorithm,
    lock,
    rebuilds: ways.some(({ rebuilds }) => rebuilds),
    buildsIndex,
  };
  const hasColumn = ways.some(({ isColumn }) => isColumn === true);
  if (!hasColumn || joined.algorithm === 'INSTANT') return { ...joined, isColumn: hasColumn };
  // Beside something that is not instant, an added or dropped column means a rebuild; to MariaDB only if an index is built.
  if (joined.algorithm === 'COPY' || (server.family === 'mariadb' && !buildsIndex)) return joined;
  return { ...joined, algorithm: 'INPLACE', rebuilds: true };
}

/** The best way in which the server can do a statement as a whole. */
export function bestWay({ table: label, operations }: Alteration, known: KnownTables, server: Server): Way {
  const table = known.get(label);
  const isReplaced = operations.some((operation) => operation.kind === 'add index' && operation.type === 'primary');
  const dropped = operations.flatMap((operation) => (operation.kind === 'drop index' ? [operation.index] : []));
  const rest = table?.indexes.filter(({ name }) => !dropped.some((index) => same(index, name))) ?? [];
  const after = table && { ...table, indexes: rest };
  // A key that is replaced in one statement is not dropped first; ALGORITHM and LOCK do nothing.
  const counted = operations.filter(
    ({ kind }) => !(kind === 'drop primary key' && isReplaced) && kind !== 'algorithm' && kind !== 'lock',
  );
  const ways = counted.map((operation) => wayOf(operation, after, known, server));
  const isFreed = hasFulltext(table) && !hasFulltext(after);
  return combine(isFreed && ways.some(({ isColumn }) => isColumn) ? [...ways, rebuild] : ways, server);
}

export function same(left: string | undefined, right: string): boolean {
  return left?.toLowerCase() === right.toLowerCase();
}

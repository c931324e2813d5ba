import type { ColumnShape, Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import type { Form } from '../row-form/forms.ts';
import type { Flavour } from '../flavour.ts';
import { escaped, quote } from '../quote.ts';
import { unescapeExpression } from './expression.ts';

/** A column as information_schema gives it, read. */
export interface Column {
  readonly name: string;
  /** As the server writes it. */
  readonly type: string;
  /** Undefined for a type that Lockstep does not know. */
  readonly form: Form | undefined;
  readonly nullable: boolean;
  readonly charset: string | null;
  readonly collation: string | null;
  readonly default: Default | null;
  readonly onUpdate: string | null;
  readonly generated: { readonly expression: string; readonly stored: boolean } | null;
  readonly autoIncrement: boolean;
  readonly invisible: boolean;
  readonly srid: string | null;
  readonly comment: string;
  /** What else information_schema says about it, and nobody here understands. */
  readonly unknown: string;
}

/** A value, or SQL text. */
export type Default = { readonly value: string } | { readonly expression: string };

export function readColumn(row: Row, flavour: Flavour): Column {
  const extra = readExtra(row['extra'] ?? '');
  const type = row['type'] ?? '';
  const charset = modernName(row['charset'] ?? null);
  const generated = extra.generated
    ? { expression: unescapeExpression(row['expression'] ?? ''), stored: extra.generated === 'stored' }
    : null;
  return {
    name: row['name'] ?? '',
    type,
    form: formOf(row['data_type'] ?? '', charset),
    nullable: row['nullable'] === 'YES',
    charset,
    collation: modernName(row['collation'] ?? null),
    default: generated ? null : readDefault(row['default'] ?? null, type, extra.expression, flavour),
    onUpdate: extra.onUpdate,
    generated,
    autoIncrement: extra.autoIncrement,
    invisible: extra.invisible,
    srid: row['srid'] ?? null,
    comment: row['comment'] ?? '',
    unknown: extra.unknown,
  };
}

export function columnFacts(column: Column): Fact {
  return {
    type: typeFact(column.type),
    nullable: column.nullable,
    default: column.default,
    onUpdate: column.onUpdate,
    generated: column.generated,
    autoIncrement: column.autoIncrement,
    invisible: column.invisible,
    collation: column.collation,
    srid: column.srid,
  };
}

/** The column in a CREATE TABLE. `checks` are MariaDB's, which belong to the column. */
export function columnDefinition(column: Column, tableCollation: string, checks: readonly string[]): string {
  const { generated } = column;
  const charset =
    column.charset !== null && column.collation !== tableCollation
      ? ` CHARACTER SET ${column.charset} COLLATE ${column.collation}`
      : '';
  const value = generated
    ? ` GENERATED ALWAYS AS (${generated.expression}) ${generated.stored ? 'STORED' : 'VIRTUAL'}`
    : '';
  return [
    `${quote(column.name)} ${column.type}${charset}${value}`,
    nullability(column),
    column.srid === null ? '' : ` SRID ${column.srid}`,
    column.default ? ` DEFAULT ${defaultText(column)}` : '',
    column.onUpdate === null ? '' : ` ON UPDATE ${column.onUpdate}`,
    column.autoIncrement ? ' AUTO_INCREMENT' : '',
    column.comment === '' ? '' : ` COMMENT ${escaped(column.comment)}`,
    column.invisible ? ' INVISIBLE' : '',
    ...checks.map((check) => ` CHECK (${check})`),
  ].join('');
}

/** Columns that hold data, for the rows. In the order of their names' bytes. */
export function columnShapes(columns: readonly Column[]): ColumnShape[] {
  return columns
    .filter(({ generated }) => !generated)
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .map(({ name, type, form }) => ({ name, type, ...(form ? { form } : {}) }));
}

/** True if the server's own sql_mode may refuse the column: its default may be no date. */
export function hasDateDefault(column: Column): boolean {
  return /^(date|datetime|timestamp)\b/.test(column.type) && column.default !== null;
}

function nullability(column: Column): string {
  if (!column.nullable) return ' NOT NULL';
  // A TIMESTAMP without this word may become NOT NULL.
  return column.type.startsWith('timestamp') && !column.generated ? ' NULL' : '';
}

function defaultText(column: Column): string {
  if (!column.default) return '';
  return 'expression' in column.default ? column.default.expression : escaped(column.default.value);
}

/**
 * MySQL gives a value as it is, an expression with a mark in EXTRA, bits and bytes as SQL. MariaDB gives SQL text, and
 * `NULL` where nothing is said.
 */
function readDefault(text: string | null, type: string, isExpression: boolean, flavour: Flavour): Default | null {
  if (text === null) return null;
  if (flavour.family === 'mariadb') return text === 'NULL' ? null : { expression: modernBytes(text) };
  if (/^(bit|binary|varbinary)\b/.test(type)) return { expression: text };
  if (!isExpression) return { value: text };
  const expression = unescapeExpression(text);
  return { expression: /^CURRENT_TIMESTAMP(\(\d\))?$/i.test(expression) ? expression : `(${expression})` };
}

/** Newer versions write bytes as x'00ff'. */
export function modernBytes(text: string): string {
  return text.replace(/^x'([0-9a-f]+)'$/i, (_, digits: string) => `0x${digits.toLowerCase()}`);
}

interface Extra {
  readonly autoIncrement: boolean;
  readonly invisible: boolean;
  readonly generated: 'stored' | 'virtual' | null;
  readonly onUpdate: string | null;
  /** The default is an expression. */
  readonly expression: boolean;
  readonly unknown: string;
}

function readExtra(text: string): Extra {
  let rest = text;
  const take = (pattern: RegExp): string | null => {
    const found = pattern.exec(rest);
    if (found) rest = rest.replace(pattern, '');
    return found ? (found[1] ?? found[0]) : null;
  };
  const generated = take(/\b(stored|virtual) generated\b/i);
  const extra = {
    autoIncrement: take(/\bauto_increment\b/i) !== null,
    invisible: take(/\binvisible\b/i) !== null,
    generated:
      generated === null ? null : generated.toLowerCase() === 'stored' ? ('stored' as const) : ('virtual' as const),
    onUpdate: take(/\bon update (current_timestamp(?:\(\d?\))?)/i),
    expression: take(/\bdefault_generated\b/i) !== null,
  };
  return { ...extra, unknown: rest.replace(/[\s,]+/g, ' ').trim() };
}

/** Display widths of integers mean nothing without ZEROFILL; tinyint(1) is kept, as it says boolean. */
function typeFact(type: string): string {
  const compressed = /\/\*M?!\d+ COMPRESSED\*\//i.test(type) ? ' compressed' : '';
  const bare = type.replace(/\s*\/\*.*?\*\//g, '') + compressed;
  const named = bare.replace(/^geomcollection\b/, 'geometrycollection');
  if (/zerofill/.test(named) || /^tinyint\(1\)$/.test(named)) return named;
  return named.replace(/^((?:tiny|small|medium|big)?int|year)\(\d+\)/, '$1');
}

/** utf8 is utf8mb3 under an older name. */
export function modernName(name: string | null): string | null {
  return name === null ? null : name.replace(/^utf8(?=_|$)/, 'utf8mb3');
}

/** Character sets that turn into UTF-8 and back without loss, and of which every byte string is valid. */
const textCharsets = new Set(['utf8mb4', 'utf8mb3', 'latin1']);
/** Character sets in which the bytes of ASCII mean something else. */
const foreignCharsets = new Set(['ucs2', 'utf16', 'utf16le', 'utf32', 'swe7']);

const numbers = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year']);
const texts = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set']);
const quoted = new Set(['json', 'date', 'datetime', 'timestamp', 'time', 'uuid', 'inet4', 'inet6']);
const bytes = new Set(
  `bit binary varbinary tinyblob blob mediumblob longblob vector geometry point linestring polygon multipoint
  multilinestring multipolygon geometrycollection geomcollection`.split(/\s+/),
);

function formOf(type: string, charset: string | null): Form | undefined {
  if (numbers.has(type)) return 'number';
  if (type === 'float' || type === 'double') return 'double';
  if (quoted.has(type)) return 'text';
  if (bytes.has(type)) return 'bytes';
  if (!texts.has(type)) return undefined;
  if (charset === null || foreignCharsets.has(charset)) return 'bytes';
  return textCharsets.has(charset) ? 'text' : 'ascii';
}

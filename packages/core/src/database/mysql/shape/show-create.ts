import type { Flavour } from '../flavour.ts';
import { quote } from '../quote.ts';
import type { Wire } from '../wire.ts';
import { modernBytes } from './columns.ts';
import type { Rows } from './read.ts';
import { groupBy } from './parts.ts';

/** What information_schema does not say of a table. */
export interface ShowCreate {
  /** The definition as the server writes it. */
  readonly text: string;
  /** Names of the indexes in the order in which they stand there: that of their making, which a copy should have too. */
  readonly indexOrder: readonly string[];
  /** Parsers of full-text indexes, by index. */
  readonly parsers: ReadonlyMap<string, string>;
  /** Defaults of columns of bytes as SQL, by column. information_schema cuts them or puts `?` in. */
  readonly byteDefaults: ReadonlyMap<string, string>;
  /** MariaDB: it has a period of application time. */
  readonly period: boolean;
}

/** Asks for the definition of those tables alone of which information_schema does not say enough. */
export async function showCreateTables(wire: Wire, rows: Rows, flavour: Flavour): Promise<Map<string, ShowCreate>> {
  const isFullText = (row: Rows['indexes'][number]): boolean => row['type'] === 'FULLTEXT';
  const hasBytes = (row: Rows['columns'][number]): boolean =>
    /^(var)?binary$/.test(row['data_type'] ?? '') && (row['default'] ?? 'NULL') !== 'NULL';
  // A period shows up as a check between two columns.
  const isPeriod = (row: Rows['checks'][number]): boolean =>
    flavour.family === 'mariadb' && /^`.*` < `.*`$/.test(row['clause'] ?? '');
  const indexesOf = groupBy(rows.indexes, 'table_name');
  // PRIMARY always stands first; the order of one more index is no question.
  const hasSeveral = (row: Rows['indexes'][number]): boolean =>
    new Set(indexesOf.get(row['table_name'] ?? '')?.map((other) => other['name'])).size > 2;
  const names = new Set(
    [
      ...rows.indexes.filter((row) => isFullText(row) || hasSeveral(row)),
      ...rows.columns.filter(hasBytes),
      ...rows.partitions,
      ...rows.checks.filter(isPeriod),
    ].map((row) => row['table_name'] ?? ''),
  );
  const tables = groupBy(rows.tables, 'table_name');
  const found = new Map<string, ShowCreate>();
  for (const name of names) {
    if (tables.get(name)?.[0]?.['type'] !== 'BASE TABLE') continue;
    const bytes = await wire.bytes(`SHOW CREATE TABLE ${quote(name)}`, 1);
    if (bytes) found.set(name, readDefinition(bytes));
  }
  return found;
}

function readDefinition(bytes: Buffer): ShowCreate {
  const text = bytes.toString();
  // One character for each byte: defaults of bytes are no UTF-8.
  const lines = bytes.toString('latin1').split('\n');
  const parsers = lines.flatMap((line): [string, string][] => {
    const [, name, parser] = /^ {2}FULLTEXT KEY `((?:[^`]|``)*)`.* WITH PARSER `([^`]+)`/.exec(line) ?? [];
    return name !== undefined && parser !== undefined ? [[nameOf(name), parser]] : [];
  });
  const byteDefaults = lines.flatMap((line): [string, string][] => {
    const [, name, value] =
      /^ {2}`((?:[^`]|``)*)` (?:var)?binary\(\d+\).*? DEFAULT (0x[0-9a-f]+|x'[0-9a-f]+'|'(?:[^'\\]|\\.|'')*')/i.exec(
        line,
      ) ?? [];
    return name !== undefined && value !== undefined ? [[nameOf(name), byteLiteral(value)]] : [];
  });
  const indexOrder = text.split('\n').flatMap((line) => {
    const [, name] = /^ {2}(?:UNIQUE |FULLTEXT |SPATIAL )?KEY `((?:[^`]|``)*)`/.exec(line) ?? [];
    return name === undefined ? [] : [name.replaceAll('``', '`')];
  });
  return {
    text,
    indexOrder,
    parsers: new Map(parsers),
    byteDefaults: new Map(byteDefaults),
    period: lines.some((line) => /^ {2}PERIOD FOR `/.test(line)),
  };
}

function nameOf(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString().replaceAll('``', '`');
}

function byteLiteral(value: string): string {
  if (!value.startsWith("'")) return modernBytes(value).toLowerCase();
  const content = value
    .slice(1, -1)
    .replace(/''|\\(.)/gs, (found, char: string) => (found === "''" ? "'" : (control[char] ?? char)));
  return content === '' ? "''" : `0x${Buffer.from(content, 'latin1').toString('hex')}`;
}

const control: Readonly<Record<string, string>> = { 0: '\0', n: '\n', r: '\r', t: '\t', b: '\b', Z: '\u001a' };

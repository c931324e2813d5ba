import type { ValueKind } from '../database/keyed-rows.ts';
import type { SqlValue } from '../database/sql.ts';
import type { DataMigration, Selection, TableMigration } from '../migration.ts';

/** A row as a migration gets it, whatever it asked for. */
export type MigrationRow = Readonly<Record<string, SqlValue>>;

export type AnyTableMigration = TableMigration<Selection | readonly string[], MigrationRow>;

const kinds: readonly ValueKind[] = ['text', 'bigint', 'boolean', 'bytes'];

/** Whether the migration goes through a table; otherwise it says for itself what a batch is. */
export function isTableMigration(migration: AnyTableMigration | DataMigration): migration is AnyTableMigration {
  return 'table' in migration;
}

/** What a migration file exports, or the reason for which it is none. */
export function readDefinition(value: unknown): AnyTableMigration | DataMigration | string {
  if (!isObject(value)) return 'it does not export a data migration: `export default defineDataMigration({ ... })`';
  if (!('batch' in value) || typeof value.batch !== 'function') return 'it has no function `batch`';
  if (isPlain(value)) return value;
  const wrong = wrongPart(new Map(Object.entries(value)));
  if (wrong !== undefined) return wrong;
  return isTable(value) ? value : 'it names no table';
}

function wrongPart(parts: ReadonlyMap<string, unknown>): string | undefined {
  const known = ['table', 'key', 'select', 'where', 'batch', 'verify'];
  const unknown = [...parts.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) return `there is no \`${unknown}\`; known are ${known.join(', ')}`;
  if (typeof parts.get('table') !== 'string') return '`table` has to be the name of a table';
  const key = parts.get('key');
  if (typeof key !== 'string' && !isNames(key)) return '`key` has to be the name of a column, or a list of names';
  for (const name of ['where', 'verify']) {
    if (parts.has(name) && typeof parts.get(name) !== 'function') return `\`${name}\` has to be a function`;
  }
  const select = parts.get('select');
  if (Array.isArray(select)) return isNames(select) ? undefined : '`select` holds what is no name of a column';
  if (!isObject(select)) return '`select` has to be a list of columns, or an object of kinds';
  const wrong = Object.entries(select).find(([, kind]) => !kinds.some((each) => each === kind));
  return wrong && `\`select.${wrong[0]}\` is ${JSON.stringify(wrong[1])}; known are ${kinds.join(', ')}`;
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
}

function isPlain(value: object): value is DataMigration {
  return !('table' in value) && !('key' in value) && !('select' in value);
}

function isTable(value: object): value is AnyTableMigration {
  return 'table' in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

import type { RowChange } from '../keyed-rows.ts';
import { rowParts } from '../keyed-rows.ts';
import type { SqlValue } from '../sql.ts';
import { identifier, join, raw, sql } from '../sql.ts';
import { arrayText, quote } from './quote.ts';
import type { PostgresSession } from './session.ts';

/** Bytes of one statement's values. */
const statementSize = 4 * 1024 * 1024;

/** Each of them would make the planner read the whole table for a batch. */
const whole = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'];

/**
 * Gives many rows new values by one statement: arrays of texts, one a column, are unnested and joined by the key. The
 * casts are to types without a length, so that a value that is too long is an error and not cut. Returns the number of
 * rows found. Part of the current transaction.
 */
export async function updateRows(session: PostgresSession, change: RowChange): Promise<number> {
  const saved = whole.map((name) => `pg_catalog.current_setting('${name}') AS ${name}`);
  const [before = {}] = await session.query(raw(`SELECT ${saved.join(', ')}`));
  await session.query(settings(() => 'off'));
  let changed = 0;
  for (const rows of rowParts(change.rows, statementSize)) changed += await session.run(statement({ ...change, rows }));
  await session.query(settings((name) => before[name] ?? 'on'));
  return changed;
}

function settings(value: (name: string) => string): ReturnType<typeof sql> {
  return sql`SELECT ${join(whole.map((name) => sql`pg_catalog.set_config(${name}, ${value(name)}, true)`))}`;
}

function statement({ table, key, columns, rows }: RowChange): ReturnType<typeof sql> {
  const all = [...key, ...columns];
  const arrays = all.map((_, at) => sql`${arrayText(rows.map((row) => textOf(row[at] ?? null)))}::text[]`);
  const names = all.map((_, at) => raw(`v${at}`));
  const typed = (at: number): string => `given.v${at}::${all[at]?.type ?? 'text'}`;
  const set = columns.map((column, at) => raw(`${quote(column.name)} = ${typed(key.length + at)}`));
  const on = key.map((column, at) => raw(`changed.${quote(column.name)} = ${typed(at)}`));
  return sql`UPDATE ${identifier(table.schema, table.name)} AS changed SET ${join(set)}
    FROM unnest(${join(arrays)}) AS given (${join(names)}) WHERE ${join(on, ' AND ')}`;
}

function textOf(value: SqlValue): string | null {
  if (value === null || typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : String(value);
}

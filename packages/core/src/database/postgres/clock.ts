import { raw } from '../sql.ts';
import type { Sql } from '../sql.ts';

/** The database's clock as text of fixed width: `2026-11-22T11:30:25.123456Z`. */
export const clockText = timeText('pg_catalog.clock_timestamp()');

/** SQL text of a timestamptz in that form. */
export function timeText(time: string): string {
  return `pg_catalog.to_char((${time}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

export function clock(): Sql {
  return raw(clockText);
}

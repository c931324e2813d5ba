import type { Dialect } from '../database/database.ts';
import type { Sql, SqlValue } from '../database/sql.ts';
import { render } from '../database/sql.ts';

/** A statement as text, with its values as literals. */
export function inline(statement: Sql, dialect: Dialect): string {
  const { text, values } = render(
    statement,
    (name) => dialect.quote(name),
    (position) => `\0${position}\0`,
  );
  // oxlint-disable-next-line no-control-regex -- these stand for the values
  return text.replace(/\0(\d+)\0/g, (_, position: string) => literal(values[Number(position) - 1] ?? null, dialect));
}

function literal(value: SqlValue, dialect: Dialect): string {
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) return dialect.literal(value.toString());
  return typeof value === 'string' ? dialect.literal(value) : String(value);
}

import type { Dialect, Family } from './database.ts';
import { postgresDialect } from './postgres/dialect.ts';

/** The dialect of a family, for work on files that needs no server. */
export function dialectOf(family: Family): Dialect {
  if (family === 'postgres') return postgresDialect;
  throw new Error(`no dialect of ${family}`);
}

import type { Dialect, Family } from './database.ts';
import { mariadbDialect, mysqlDialect } from './mysql/dialect.ts';
import { postgresDialect } from './postgres/dialect.ts';

const dialects: Readonly<Record<Family, Dialect>> = {
  postgres: postgresDialect,
  mysql: mysqlDialect,
  mariadb: mariadbDialect,
};

/** The dialect of a family, for work on files that needs no server. */
export function dialectOf(family: Family): Dialect {
  return dialects[family];
}

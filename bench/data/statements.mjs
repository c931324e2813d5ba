import { dialects } from './dialects.mjs';
import { kinds } from './kinds.mjs';

/** The statements that fill the tables of a set, for one session. The data is the same on each engine. */
export function dataStatements(family, tables) {
  const dialect = dialects[family];
  const used = Object.entries(kinds).flatMap(([name, kind]) => {
    const some = tables.filter((table) => table.kind === name);
    return some.length > 0 ? kind.prepare(dialect, some) : [];
  });
  const filled = tables.flatMap((table) => kinds[table.kind].fill(dialect, table, tables));
  return [...dialect.first, ...used, ...filled, ...dialect.last(tables.map(({ name }) => name))];
}

/** The statements that make the tables, for both ways of writing SQL. */
export function tableStatements(tables) {
  return { postgres: tables.flatMap((table) => postgresTable(table)), mysql: tables.map((table) => mysqlTable(table)) };
}

function postgresTable({ name, kind, of }) {
  const { columns, indexed } = kinds[kind];
  const reference = of ? [`CONSTRAINT ${name}_of_${of} FOREIGN KEY (${indexed}) REFERENCES ${of} (id)`] : [];
  const lines = ['id bigint PRIMARY KEY', ...columns.postgres, ...reference];
  const index = indexed ? [`CREATE INDEX ${name}_${indexed} ON ${name} (${indexed})`] : [];
  return [`CREATE TABLE ${name} (\n  ${lines.join(',\n  ')}\n)`, ...index];
}

function mysqlTable({ name, kind, of }) {
  const { columns, indexed } = kinds[kind];
  const index = indexed ? [`INDEX ${name}_${indexed} (${indexed})`] : [];
  const reference = of ? [`CONSTRAINT ${name}_of_${of} FOREIGN KEY (${indexed}) REFERENCES ${of} (id)`] : [];
  const lines = ['id bigint PRIMARY KEY', ...columns.mysql, ...index, ...reference];
  return `CREATE TABLE ${name} (\n  ${lines.join(',\n  ')}\n) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
}

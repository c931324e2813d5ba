import { dialects } from './dialects.mjs';
import { halvesOf } from './halves.mjs';
import { kinds } from './kinds.mjs';

/**
 * The statements that fill the tables of a set: lists for sessions that may work at once, and a last one for when they
 * are done. The data is the same on each engine. The embedded one takes one session at a time.
 */
export function dataStatements({ family, embedded }, tables) {
  const dialect = dialects[family];
  const isOne = embedded || tables.some(({ of }) => of);
  const parts = isOne ? [tables] : halvesOf(tables).filter((part) => part.length > 0);
  return {
    sessions: parts.map((part) => fillStatements(dialect, part)),
    last: dialect.last(tables.map(({ name }) => name)),
  };
}

function fillStatements(dialect, tables) {
  const used = Object.entries(kinds).flatMap(([name, kind]) => {
    const some = tables.filter((table) => table.kind === name);
    return some.length > 0 ? kind.prepare(dialect, some) : [];
  });
  return [...dialect.first, ...used, ...tables.flatMap((table) => kinds[table.kind].fill(dialect, table, tables))];
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

import type { Dialect } from '../database/database.ts';
import { quotePath } from '../database/quote-path.ts';
import type { Manifest } from './archive/manifest.ts';
import type { TableResult } from './archive/table-of-contents.ts';

/**
 * The SQL around the rows of a backup that `psql` or `mysql` runs when somebody loads the file without Lockstep: it
 * closes the database to servers first, and opens it at the very end if every table has as many rows as it should.
 */
export interface PlainSql {
  head(schemaStatements: readonly string[]): string;
  state(): string;
  tail(tables: readonly (Pick<TableResult, 'name' | 'rows'> & { readonly path: readonly string[] })[]): string;
}

export function plainSql(dialect: Dialect, home: string, manifest: Manifest): PlainSql {
  const own = (name: string): string => quotePath(dialect, home, name);
  const state = own('lockstep_state');
  const detail = dialect.literal(JSON.stringify({ file: `backup ${manifest.id}` }));
  return {
    head: (schemaStatements) =>
      statements([
        ...dialect.fileSettings,
        ...schemaStatements,
        ...dialect.ownTables(home),
        `INSERT INTO ${state} (id, product, release_name, database_id, key_fingerprint, epoch, phase, detail, seed, changed_at) VALUES (1, ${[
          dialect.literal(manifest.product),
          dialect.literal(manifest.release),
          dialect.randomUuid,
          'NULL',
          '1',
          dialect.literal('restoring'),
          detail,
          dialect.literal(JSON.stringify(manifest.seed)),
          dialect.clock,
        ].join(', ')})`,
      ]),
    state: () =>
      statements([
        ...manifest.applied.map((row) =>
          insert(dialect, own('flyway_schema_history'), {
            installed_rank: row.rank,
            version: row.version,
            description: row.description,
            type: row.type,
            script: row.script,
            checksum: row.checksum,
            installed_by: row.installedBy,
            installed_on: row.installedOn,
            execution_time: row.executionTime,
            success: row.success,
          }),
        ),
        ...manifest.steps.map((row) =>
          insert(dialect, own('lockstep_step'), {
            migration: row.migration,
            statement: row.statement,
            checksum: row.checksum,
            line: row.line,
            status: row.status,
            facts: row.facts,
            actor: row.actor,
            message: row.message,
            started_at: row.startedAt,
            finished_at: row.finishedAt,
          }),
        ),
      ]),
    tail: (tables) =>
      statements([
        ...tables.map(({ path, rows, name }) => {
          const wrong = dialect.literal(JSON.stringify({ file: `backup ${manifest.id}`, wrong: name }));
          const table = quotePath(dialect, ...path);
          return `UPDATE ${state} SET detail = ${wrong} WHERE id = 1 AND (SELECT count(*) FROM ${table}) <> ${rows}`;
        }),
        `UPDATE ${state} SET phase = ${dialect.literal(manifest.phase)}, detail = ${dialect.literal(manifest.options['detail'] ?? '{}')}, changed_at = ${dialect.clock} WHERE id = 1 AND phase = 'restoring' AND detail = ${detail}`,
      ]),
  };
}

/** Statements as a script that a stock client reads. */
export function statements(list: readonly string[]): string {
  return list.map((statement) => `${statement};\n`).join('');
}

function insert(
  dialect: Dialect,
  table: string,
  row: Readonly<Record<string, string | number | boolean | null>>,
): string {
  const values = Object.values(row).map((value) => {
    if (value === null) return 'NULL';
    return typeof value === 'string' ? dialect.literal(value) : String(value);
  });
  const columns = Object.keys(row).map((name) => dialect.quote(name));
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')})`;
}

import { createHash } from 'node:crypto';
import { identifier, raw, sql } from '../../database/sql.ts';
import type { Home } from '../../state/tables.ts';
import type { PrismaMigration } from './read-folder.ts';
import { refused } from './refused.ts';

/** Prisma's table. Lockstep reads it, and leaves it as it is. */
const tableName = '_prisma_migrations';

/**
 * The migrations that Prisma has applied to a database, by its table; undefined where it has none. A row that was
 * rolled back does not count. Throws IMPORT_REFUSED for one that has failed, was rolled back and not applied again, is
 * not in the folder, or ran with another text.
 */
export async function readApplied(
  home: Home,
  migrations: readonly PrismaMigration[],
): Promise<readonly PrismaMigration[] | undefined> {
  const place = home.schema === '' ? raw('DATABASE()') : sql`${home.schema}`;
  const present = await home.session.query(sql`SELECT 1 AS found FROM information_schema.tables
    WHERE table_schema = ${place} AND table_name = ${tableName}`);
  if (present.length === 0) return undefined;
  const rows = await home.session.query(sql`SELECT migration_name, checksum, finished_at, rolled_back_at
    FROM ${identifier(home.schema, tableName)} ORDER BY started_at, id`);
  const applied = new Map<string, string>();
  const rolledBack = new Set<string>();
  for (const row of rows) {
    const name = row['migration_name'] ?? '';
    if ((row['rolled_back_at'] ?? null) !== null) rolledBack.add(name);
    else if ((row['finished_at'] ?? null) === null) {
      throw refused(name, 'it has failed, by the table of Prisma; settle it with `prisma migrate resolve`');
    } else applied.set(name, row['checksum'] ?? '');
  }
  refuseGone([...applied.keys()], migrations);
  for (const { name } of migrations) {
    if (!rolledBack.has(name) || applied.has(name)) continue;
    throw refused(name, 'it was rolled back and not applied again; apply it with Prisma, or take it out of the folder');
  }
  const found = migrations.filter(({ name }) => applied.has(name));
  for (const { name, bytes } of found) {
    if (sumsOf(bytes).includes(applied.get(name) ?? '')) continue;
    throw refused(name, 'its migration.sql is not the one that was applied: the SHA-256 differs');
  }
  refuseGap(migrations, found);
  return found;
}

function refuseGone(names: readonly string[], migrations: readonly PrismaMigration[]): void {
  const gone = names.find((name) => !migrations.some((migration) => migration.name === name));
  if (gone !== undefined) throw refused(gone, 'it was applied, and is not in the folder');
}

function refuseGap(migrations: readonly PrismaMigration[], applied: readonly PrismaMigration[]): void {
  const gap = migrations.slice(0, applied.length).find((migration) => !applied.includes(migration));
  if (gap) throw refused(gap.name, 'it was not applied, and later ones were');
}

/** Git may have changed the ends of the lines since; Prisma takes either for the same. */
function sumsOf(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').replaceAll('\r\n', '\n');
  const forms = [bytes, Buffer.from(text, 'latin1'), Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')];
  return forms.map((form) => createHash('sha256').update(form).digest('hex'));
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Database, Dialect } from '../../database/database.ts';
import { dialectOf } from '../../database/dialects.ts';
import { withLock } from '../../database/lock.ts';
import { LockstepError } from '../../errors.ts';
import { actor } from '../../migrate/actor.ts';
import { lockName } from '../../migrate/migrate.ts';
import type { RunOptions } from '../../progress.ts';
import { databaseRelease } from '../../release/database-release.ts';
import { readScripts, scriptFolder } from '../../release/migration-file.ts';
import type { Product } from '../../release/product.ts';
import type { Code } from '../../release/releases.ts';
import { readCode } from '../../release/releases.ts';
import { readHistory, recordApplied } from '../../state/history.ts';
import { changeState, insertState, readState } from '../../state/state.ts';
import type { Home } from '../../state/tables.ts';
import { createOwnTables, withHome } from '../../state/tables.ts';
import { readApplied } from './read-applied.ts';
import type { PrismaFolder, PrismaMigration } from './read-folder.ts';
import { readPrismaFolder } from './read-folder.ts';
import { refused } from './refused.ts';

export interface PrismaImport {
  /** The folder that the migrations are in now. */
  readonly folder: string;
  /** The files, in their order. */
  readonly files: readonly string[];
  /** Versions that count as applied, by Prisma's table; null without a database, or where it has no such table. */
  readonly applied: readonly string[] | null;
}

/**
 * Turns a folder of Prisma Migrate into migrations of a product and, with a database, Prisma's history there into ours.
 * No migration runs. The last file is one that takes Prisma's table away; it is for `migrate`.
 *
 * Everything is checked before the first file is written; doing it again after it was cut off finishes it.
 * Throws IMPORT_REFUSED, MIGRATION_UNREADABLE.
 */
export async function importPrisma(
  source: string,
  product: Product,
  database: Database | undefined,
  options: RunOptions & { readonly waitSeconds?: number | undefined } = {},
): Promise<PrismaImport> {
  const prisma = await readPrismaFolder(source);
  const files = [...prisma.migrations, removalOf(prisma.migrations)];
  const dialect = database?.dialect ?? dialectOf(prisma.families?.[0] ?? 'postgres');
  if (prisma.families && !prisma.families.includes(dialect.family)) {
    throw refused(source, `it is for ${prisma.families.join(' and ')}, and the database is ${dialect.family}`);
  }
  for (const { bytes, name } of files) await dialect.split(bytes.toString('utf8'), name);
  const folder = await scriptFolder(product.migrations, dialect);
  await refuseOthers(product, dialect, folder, files);
  if (!database) {
    await writeFiles(folder, files);
    return result(folder, files, null);
  }
  const holder = `lockstep import, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, () =>
    withHome(database, 'import', product.schemas, async (home) => {
      const state = await readState(home);
      const isUsed = state !== undefined || (await readHistory(home)).length > 0;
      if (isUsed) throw refused('the database', 'it has a history of its own already');
      const applied = await readApplied(home, prisma.migrations);
      await writeFiles(folder, files);
      if (applied && applied.length > 0) await adopt(home, await readCode(product, database), prisma, applied);
      return result(folder, files, applied ?? null);
    }),
  );
}

function result(
  folder: string,
  files: readonly PrismaMigration[],
  applied: readonly PrismaMigration[] | null,
): PrismaImport {
  return {
    folder,
    files: files.map(({ file }) => file),
    applied: applied?.map(({ version }) => version) ?? null,
  };
}

/** The migration that takes Prisma's table away. It comes after all others. */
function removalOf(migrations: readonly PrismaMigration[]): PrismaMigration {
  const version = String(BigInt(migrations.at(-1)?.version ?? '0') + 1n);
  const text = '-- lockstep: drops _prisma_migrations\nDROP TABLE IF EXISTS _prisma_migrations;\n';
  return { name: 'the last file', bytes: Buffer.from(text), file: `V${version}__drop_prisma_history.sql`, version };
}

/** The folder may hold what an earlier run has written, and nothing else. */
async function refuseOthers(
  product: Product,
  dialect: Dialect,
  folder: string,
  files: readonly PrismaMigration[],
): Promise<void> {
  await mkdir(product.migrations, { recursive: true });
  const { migrations } = await readScripts(product, dialect);
  for (const { file, script } of migrations) {
    const own = files.find((candidate) => join(folder, candidate.file) === file);
    if (!own) throw refused(product.migrations, `it holds ${script} already, which is not of this folder of Prisma`);
    if (!own.bytes.equals(await readFile(file))) throw refused(basename(file), 'it is there already with another text');
  }
}

async function writeFiles(folder: string, files: readonly PrismaMigration[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { file, bytes } of files) await writeFile(join(folder, file), bytes);
}

async function adopt(home: Home, code: Code, prisma: PrismaFolder, applied: readonly PrismaMigration[]): Promise<void> {
  const found = prisma.migrations
    .filter((migration) => applied.includes(migration))
    .map(({ version, file }) => {
      const migration = code.migrations.find(({ key }) => key === version);
      if (migration) return migration;
      throw new LockstepError('INTERNAL', { reason: `${file} was written and is not found` });
    });
  await createOwnTables(home);
  await home.session.transaction(async () => {
    await insertState(home, code.product.name, 'migrating', { from: 'prisma' });
    for (const migration of found) await recordApplied(home, migration, 0);
    const release = databaseRelease(code, await readHistory(home, code.migrations)).name;
    await changeState(home, { phase: 'ready', release });
  });
}

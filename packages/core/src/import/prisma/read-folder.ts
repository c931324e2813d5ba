import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Family } from '../../database/database.ts';
import { reasonOf } from '../../errors.ts';
import { compareVersions, parseVersion } from '../../release/version.ts';
import { refused } from './refused.ts';

/** A migration of Prisma's: the folder `20240131101500_add_owner` with its `migration.sql`. */
export interface PrismaMigration {
  /** The name of the folder, as Prisma writes it into its history. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The name of the file that it becomes: `V20240131101500__add_owner.sql`. */
  readonly file: string;
  /** The digits before the name. */
  readonly version: string;
}

export interface PrismaFolder {
  /** By `migration_lock.toml`; undefined where there is none. */
  readonly families: readonly Family[] | undefined;
  readonly migrations: readonly PrismaMigration[];
}

const families: Readonly<Record<string, readonly Family[]>> = {
  postgresql: ['postgres'],
  mysql: ['mysql', 'mariadb'],
};

/** Reads a folder of Prisma Migrate, `prisma/migrations`. Throws IMPORT_REFUSED. */
export async function readPrismaFolder(folder: string): Promise<PrismaFolder> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw refused(folder, reasonOf(error));
  });
  const migrations: PrismaMigration[] = [];
  for (const { name } of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (name.startsWith('.') || !(await stat(join(folder, name))).isDirectory()) continue;
    migrations.push(await readMigration(folder, name));
  }
  if (migrations.length === 0) throw refused(folder, 'there are no migrations in it');
  refuseOrder(migrations);
  return { families: await readLock(folder), migrations };
}

async function readMigration(folder: string, name: string): Promise<PrismaMigration> {
  const [, version = '', description = ''] = /^(\d+)_?(.*)$/.exec(name) ?? [];
  if (version === '') throw refused(name, 'its name does not begin with a timestamp, which would be its version');
  const bytes = await readFile(join(folder, name, 'migration.sql')).catch((error: unknown) => {
    throw refused(name, reasonOf(error));
  });
  return { name, bytes, file: `V${version}__${description}.sql`, version };
}

/** Prisma goes by the letters of the names, we by the numbers. */
function refuseOrder(migrations: readonly PrismaMigration[]): void {
  for (const [index, migration] of migrations.entries()) {
    const before = migrations[index - 1];
    const own = parseVersion(migration.version);
    const last = before && parseVersion(before.version);
    if (!before || !own || !last || compareVersions(last, own) < 0) continue;
    throw refused(migration.name, `its timestamp is not after that of ${before.name}`);
  }
}

async function readLock(folder: string): Promise<readonly Family[] | undefined> {
  const text = await readFile(join(folder, 'migration_lock.toml'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw refused('migration_lock.toml', reasonOf(error));
  });
  if (text === undefined) return undefined;
  const provider = /^\s*provider\s*=\s*"([^"]*)"/m.exec(text)?.[1] ?? '';
  const found = families[provider];
  if (found) return found;
  throw refused('migration_lock.toml', `it is for "${provider}", and not for postgresql or mysql`);
}

import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Dialect } from '../database/database.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import { checksum } from './checksum.ts';
import type { DeclaredChange } from './declared-change.ts';
import { declaredChanges } from './declared-change.ts';
import { parseFileName } from './file-name.ts';
import type { Naming } from './product.ts';
import type { Version } from './version.ts';
import { compareVersions } from './version.ts';

/** One migration as it stands on disk. */
export interface Migration {
  /** The version's text, or `R__description`: how steps and people name it. */
  readonly key: string;
  /** Null for a repeatable migration. */
  readonly version: Version | null;
  readonly description: string;
  readonly language: 'sql' | 'typescript';
  /** Path from its folder of migrations, with `/`, as Flyway writes it into the history. */
  readonly script: string;
  readonly file: string;
  readonly text: string;
  readonly checksum: number;
  /** What it says that it changes in existing data. */
  readonly changes: readonly DeclaredChange[];
}

/**
 * Finds the migrations of a family: those in `common` and in the family's own folder, or, where there are no such
 * folders, all below `folder`. In Flyway's order: by version, then the repeatable ones by description.
 */
export async function readMigrations(folder: string, naming: Naming, dialect: Dialect): Promise<Migration[]> {
  const locations = await locationsOf(folder, dialect);
  const found: Migration[] = [];
  for (const location of locations) {
    for (const file of await filesBelow(location)) {
      const migration = await readMigration(location, file, naming);
      if (migration) found.push(migration);
    }
  }
  const sorted = found.toSorted(inOrder);
  refuseDuplicates(sorted);
  return sorted;
}

const familyFolders = ['common', 'postgres', 'mysql', 'mariadb'];

async function locationsOf(folder: string, dialect: Dialect): Promise<string[]> {
  if (!(await isFolder(folder))) throw new LockstepError('MIGRATION_FOLDER_MISSING', { folder });
  const present: string[] = [];
  for (const name of familyFolders) if (await isFolder(join(folder, name))) present.push(name);
  if (present.length === 0) return [folder];
  const own = dialect.migrationFolders.find((name) => present.includes(name));
  return ['common', own]
    .filter((name) => name !== undefined && present.includes(name))
    .map((name) => join(folder, name ?? ''));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Hidden folders are passed over: Kubernetes mounts `..data` beside the files. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (await isFolder(path)) files.push(...(await filesBelow(path)));
    else files.push(path);
  }
  return files;
}

async function readMigration(location: string, file: string, naming: Naming): Promise<Migration | undefined> {
  const script = relative(location, file).split(sep).join('/');
  const name = parseFileName(script, naming);
  if (!name) return undefined;
  const bytes = await readFile(file);
  try {
    const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
    const key = name.version?.text ?? `R__${name.description}`;
    return { key, ...name, script, file, text, checksum: checksum(bytes), changes: declaredChanges(text, script) };
  } catch (error) {
    if (error instanceof LockstepError) throw error;
    throw new LockstepError('MIGRATION_UNREADABLE', { file: script, line: 1, column: 1, reason: reasonOf(error) });
  }
}

function inOrder(left: Migration, right: Migration): number {
  if (left.version && right.version) return compareVersions(left.version, right.version);
  if (left.version || right.version) return left.version ? -1 : 1;
  return left.description < right.description ? -1 : 1;
}

function refuseDuplicates(sorted: readonly Migration[]): void {
  for (const [index, migration] of sorted.entries()) {
    const before = sorted[index - 1];
    if (!before || (before.version === null) !== (migration.version === null)) continue;
    const same =
      before.version && migration.version
        ? compareVersions(before.version, migration.version) === 0
        : before.description === migration.description;
    if (!same) continue;
    throw new LockstepError('MIGRATION_DUPLICATE', {
      version: migration.key,
      first: before.file,
      second: migration.file,
    });
  }
}

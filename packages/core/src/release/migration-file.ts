import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Dialect } from '../database/database.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import { checksum } from './checksum.ts';
import type { DeclaredChange } from './declared-change.ts';
import { declaredChanges } from './declared-change.ts';
import { decode } from './decode.ts';
import type { CallbackEvent } from './events.ts';
import type { IdleName, MigrationName } from './file-name.ts';
import { parseFileName } from './file-name.ts';
import type { Placeholders } from './placeholders.ts';
import { databasePlaceholders, replacePlaceholders } from './placeholders.ts';
import type { Product } from './product.ts';
import { configOf, scriptConfig } from './script-config.ts';
import type { Version } from './version.ts';
import { compareVersions } from './version.ts';

/** A file that is run, as it stands on disk. */
export interface Script {
  /** Path from its folder of migrations, with `/`, as Flyway writes it into the history. */
  readonly script: string;
  readonly file: string;
  /** With the values of placeholders put in, but for those that only the database knows. */
  readonly text: string;
  /** Given if some of the values come from the database. See `textToRun`. */
  readonly template: { readonly text: string; readonly placeholders: Placeholders } | undefined;
  /** What it says that it changes in existing data. */
  readonly changes: readonly DeclaredChange[];
  /** Every statement is committed by itself. */
  readonly separately: boolean;
}

/** A script that runs at an event. */
export interface Callback extends Script {
  readonly event: CallbackEvent;
  readonly description: string;
}

/** One migration as it stands on disk. */
export interface Migration extends Script {
  /** The version's text, or `R__description`: how steps and people name it. */
  readonly key: string;
  /** Null for a repeatable migration. */
  readonly version: Version | null;
  readonly description: string;
  readonly language: 'sql' | 'typescript';
  /** Flyway's: of a versioned migration's file, and of a repeatable one's text with the values put in. */
  readonly checksum: number;
  /** Of the file, whatever is put in. */
  readonly fileChecksum: number;
  /** Of the text with the values put in. */
  readonly textChecksum: number;
}

/** A file of Flyway's that is known and not run. */
export interface IdleFile extends IdleName {
  readonly script: string;
}

/** All that a folder of migrations holds for a family. */
export interface Scripts {
  /** In Flyway's order: by version, then the repeatable ones by description. */
  readonly migrations: readonly Migration[];
  /** By description, those without one first. */
  readonly callbacks: readonly Callback[];
  readonly idle: readonly IdleFile[];
}

/**
 * Finds the scripts of a family: those in `common` and in the family's own folder, or, where there are no such
 * folders, all below the product's folder.
 */
export async function readScripts(
  product: Pick<Product, 'migrations' | 'naming' | 'placeholders'>,
  dialect: Dialect,
): Promise<Scripts> {
  const migrations: Migration[] = [];
  const callbacks: Callback[] = [];
  const idle: IdleFile[] = [];
  for (const location of await locationsOf(product.migrations, dialect)) {
    const files = await filesBelow(location);
    const present = new Set(files);
    for (const file of files) {
      const script = relative(location, file).split(sep).join('/');
      const name = parseFileName(script, product.naming);
      if (!name) continue;
      const hasConfig = present.has(configOf(file));
      const found = { script, file, hasConfig };
      if (name.kind === 'migration') migrations.push(readMigration(found, name, product));
      else if (name.kind === 'callback') callbacks.push({ ...readScript(found, 'sql', product), ...name });
      else idle.push({ ...name, script });
    }
  }
  const sorted = migrations.toSorted(inOrder);
  refuseDuplicates(sorted);
  return { migrations: sorted, callbacks: callbacks.toSorted(byDescription), idle };
}

const familyFolders = ['common', 'postgres', 'mysql', 'mariadb'];

async function locationsOf(folder: string, dialect: Dialect): Promise<string[]> {
  if (!(await isFolder(folder))) throw new LockstepError('MIGRATION_FOLDER_MISSING', { folder });
  const present = await presentFamilies(folder);
  if (present.length === 0) return [folder];
  const own = dialect.migrationFolders.find((name) => present.includes(name));
  return ['common', own]
    .filter((name) => name !== undefined && present.includes(name))
    .map((name) => join(folder, name ?? ''));
}

async function presentFamilies(folder: string): Promise<string[]> {
  const present: string[] = [];
  for (const name of familyFolders) if (await isFolder(join(folder, name))) present.push(name);
  return present;
}

/** Where new scripts of a family belong. */
export async function scriptFolder(folder: string, dialect: Dialect): Promise<string> {
  const found = await presentFamilies(folder);
  if (found.length === 0) return folder;
  return join(
    folder,
    dialect.migrationFolders.find((name) => found.includes(name)) ?? dialect.migrationFolders[0] ?? '',
  );
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
    const isBelow = entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path)));
    if (isBelow) files.push(...(await filesBelow(path)));
    else files.push(path);
  }
  return files;
}

type Source = Pick<Product, 'placeholders'>;
type ReadScript = Script & Pick<Migration, 'fileChecksum' | 'textChecksum'>;

/** A file, by its path from the folder of migrations and as it is. */
interface Found extends Pick<Script, 'script' | 'file'> {
  readonly hasConfig: boolean;
}

function readMigration(found: Found, name: MigrationName, product: Source): Migration {
  const read = readScript(found, name.language, product);
  const { version, description, language } = name;
  return {
    ...read,
    key: version?.text ?? `R__${description}`,
    version,
    description,
    language,
    checksum: version ? read.fileChecksum : read.textChecksum,
  };
}

function readScript(found: Found, language: Migration['language'], product: Source): ReadScript {
  const { script, file, hasConfig } = found;
  const config = language === 'sql' ? scriptConfig(file, script, hasConfig) : undefined;
  const original = readText(script, file, config?.encoding ?? 'UTF-8');
  const placeholders = config?.placeholderReplacement ? product.placeholders : undefined;
  const { text, names } = placeholders
    ? replacePlaceholders(original, placeholders, script)
    : { text: original, names: new Set<string>() };
  const asksDatabase = databasePlaceholders.some((name) => names.has(name));
  const fileChecksum = checksum(original);
  return {
    script,
    file,
    text,
    template: placeholders && asksDatabase ? { text: original, placeholders } : undefined,
    changes: declaredChanges(text, script),
    separately: config?.executeInTransaction === false,
    fileChecksum,
    textChecksum: text === original ? fileChecksum : checksum(text),
  };
}

/** Most scripts fit into it. */
const scriptRoom = Buffer.alloc(64 * 1024);

/** Read at once: a thousand small files would otherwise go to another thread and back, several times each. */
function readBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const size = readSync(descriptor, scriptRoom);
    return size < scriptRoom.length ? scriptRoom.subarray(0, size) : readFileSync(file);
  } finally {
    closeSync(descriptor);
  }
}

function readText(script: string, file: string, encoding: string): string {
  const bytes = readBytes(file);
  try {
    return decode(bytes, encoding);
  } catch (error) {
    const reason = `as ${encoding}: ${reasonOf(error)}`;
    throw new LockstepError('MIGRATION_UNREADABLE', { file: script, line: 1, column: 1, reason }, { cause: error });
  }
}

function byDescription(left: Callback, right: Callback): number {
  if (left.description === right.description) return 0;
  return left.description < right.description ? -1 : 1;
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

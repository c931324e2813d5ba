import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Family } from '../database/database.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import { compareReleases } from './version.ts';

/** What a release contains: written by `lockstep release`, committed, never changed afterwards. */
export interface SealedRelease {
  readonly version: string;
  /** In the order in which they run; checksums by folder family (`mariadb` may lean on mysql's files). */
  readonly migrations: readonly SealedMigration[];
  /** Fingerprints of the shape that the release makes, per family. The lists only grow. */
  readonly fingerprints: Readonly<Partial<Record<Family, readonly string[]>>>;
}

export interface SealedMigration {
  /** The version's text, or `R__description`. */
  readonly key: string;
  readonly description: string;
  readonly checksums: Readonly<Partial<Record<Family, number>>>;
  /** Of the text with the values of placeholders put in, where there are some. */
  readonly texts?: Readonly<Partial<Record<Family, number>>>;
}

/** Sealed releases, oldest first. */
export interface Seal {
  readonly product: string;
  readonly releases: readonly SealedRelease[];
}

export const sealFile = 'releases.json';

/** Reads `releases.json` beside the migrations. A product without one has no sealed release yet. */
export async function readSeal(folder: string, product: string): Promise<Seal> {
  const file = join(folder, sealFile);
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new LockstepError('SEAL_INVALID', { file, reason: reasonOf(error) }, { cause: error });
  });
  if (content === undefined) return { product, releases: [] };
  try {
    const seal = parseSeal(JSON.parse(content));
    if (seal.product !== product) throw new TypeError(`it is of the product "${seal.product}", not of "${product}"`);
    return seal;
  } catch (error) {
    throw new LockstepError('SEAL_INVALID', { file, reason: reasonOf(error) }, { cause: error });
  }
}

/** Writes the seal beside the migrations, whole or not at all. */
export async function writeSeal(folder: string, seal: Seal): Promise<string> {
  const file = join(folder, sealFile);
  const sorted = { ...seal, releases: seal.releases.toSorted((a, b) => compareReleases(a.version, b.version)) };
  await writeFile(`${file}.new`, `${JSON.stringify(sorted, null, 2)}\n`);
  await rename(`${file}.new`, file);
  return file;
}

function parseSeal(json: unknown): Seal {
  const seal = record(json, 'the file');
  return {
    product: text(seal['product'], 'product'),
    releases: list(seal['releases'], 'releases').map((entry) => parseRelease(record(entry, 'a release'))),
  };
}

function parseRelease(release: Readonly<Record<string, unknown>>): SealedRelease {
  const version = text(release['version'], 'version');
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new TypeError(`"${version}" is not a release`);
  const fingerprints = record(release['fingerprints'], 'fingerprints');
  return {
    version,
    migrations: list(release['migrations'], 'migrations').map((entry) => parseMigration(record(entry, 'a migration'))),
    fingerprints: byFamily(fingerprints, (value) =>
      list(value, 'fingerprints').map((item) => text(item, 'fingerprint')),
    ),
  };
}

function parseMigration(migration: Readonly<Record<string, unknown>>): SealedMigration {
  const texts = migration['texts'];
  return {
    key: text(migration['key'], 'key'),
    description: text(migration['description'], 'description'),
    checksums: checksumsOf(migration['checksums']),
    ...(texts === undefined ? {} : { texts: checksumsOf(texts) }),
  };
}

function checksumsOf(value: unknown): Partial<Record<Family, number>> {
  return byFamily(record(value, 'checksums'), (checksum) => {
    if (typeof checksum !== 'number') throw new TypeError('a checksum is not a number');
    return checksum;
  });
}

function byFamily<Value>(
  values: Readonly<Record<string, unknown>>,
  read: (value: unknown) => Value,
): Partial<Record<Family, Value>> {
  const found: Partial<Record<Family, Value>> = {};
  for (const family of ['postgres', 'mysql', 'mariadb'] as const) {
    if (values[family] !== undefined) found[family] = read(values[family]);
  }
  return found;
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${what} is not an object`);
  return Object.fromEntries(Object.entries(value));
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} is not a list`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new TypeError(`${what} is not text`);
  return value;
}

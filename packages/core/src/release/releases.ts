import type { Database, Family } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { Callback, IdleFile, Migration } from './migration-file.ts';
import { readScripts } from './migration-file.ts';
import type { Product } from './product.ts';
import type { SealedRelease } from './seal.ts';
import { compareReleases, releaseName } from './version.ts';

/** A release with the migrations that it adds to the one before. */
export interface Release {
  readonly version: string;
  readonly sealed: SealedRelease | undefined;
  readonly migrations: readonly Migration[];
}

/** All that this code knows to do to a database of one family. */
export interface Code {
  readonly product: Product;
  readonly family: Family;
  /** Every versioned migration, in order, then the repeatable ones. */
  readonly migrations: readonly Migration[];
  /** Oldest first. The last one is the code's own release, sealed or not. */
  readonly releases: readonly Release[];
  readonly callbacks: readonly Callback[];
  /** Files of Flyway's that are not run: undo and baseline migrations. */
  readonly idle: readonly IdleFile[];
  /** What people should know of the files. */
  readonly notes: readonly string[];
}

/**
 * Reads the migrations for a database's family and puts them into their releases.
 * Throws SEAL_BROKEN when a sealed migration is gone, has changed, or has got company, and MIGRATION_AHEAD.
 */
export async function readCode(product: Product, database: Pick<Database, 'dialect'>): Promise<Code> {
  const { dialect } = database;
  const { migrations, callbacks, idle } = await readScripts(product, dialect);
  const versioned = migrations.filter((migration) => migration.version !== null);
  const names = new Set([product.version, ...product.seal.releases.map((release) => release.version)]);
  const byRelease = new Map<string, Migration[]>([...names].map((name) => [name, []]));
  for (const { migration, release } of ownReleases(versioned, product)) {
    const list = byRelease.get(release);
    if (list) list.push(migration);
    else byRelease.set(release, [migration]);
  }
  const releases = [...byRelease]
    .toSorted(([left], [right]) => compareReleases(left, right))
    .map(([version, list]) => ({
      version,
      sealed: product.seal.releases.find((release) => release.version === version),
      migrations: list,
    }));
  const last = releases.at(-1);
  if (last && last.version !== product.version) throw ahead(last, product);
  for (const release of releases) checkSeal(release, dialect.family);
  const notes = [...idle.map(idleNote), ...releases.flatMap((release) => valueNotes(release, dialect.family))];
  return { product, family: dialect.family, migrations, releases, callbacks, idle, notes };
}

const reasons: Readonly<Record<IdleFile['kind'], string>> = {
  undo: 'to go back in time, restore a backup',
  baseline: 'the migrations that it stands for are run instead',
  event: 'there is nothing that runs at its event',
};

function idleNote({ script, kind }: IdleFile): string {
  return `${script} is not run: ${reasons[kind]}.`;
}

/** A release that was sealed with other values of placeholders is not quite what was sealed: nobody may overlook it. */
function valueNotes(release: Release, family: Family): string[] {
  const texts = new Map(release.sealed?.migrations.map((migration) => [migration.key, migration.texts?.[family]]));
  return release.migrations.flatMap(({ key, script, textChecksum }) => {
    const sealed = texts.get(key);
    if (sealed === undefined || sealed === textChecksum) return [];
    return `${script} was sealed with other values of its placeholders.`;
  });
}

/** A migration with its release. */
interface Placed {
  readonly migration: Migration;
  readonly release: string;
}

/**
 * The release of each migration: the one that the seal names, else the first three parts of its version. A plain number
 * belongs to the code's own release, but to an earlier one if that has a higher version: releases are run one after the
 * other, and no migration may run before one that stands below it.
 */
function ownReleases(versioned: readonly Migration[], product: Product): Placed[] {
  const sealed = new Map(
    product.seal.releases.flatMap((release) => release.migrations.map(({ key }) => [key, release.version])),
  );
  const placed: Placed[] = [];
  let above = product.version;
  for (const migration of versioned.toReversed()) {
    const named = sealed.get(migration.key) ?? namedRelease(migration);
    if (named !== undefined && named !== above && compareReleases(named, above) < 0) above = named;
    placed.push({ migration, release: named ?? above });
  }
  return placed.toReversed();
}

function namedRelease({ version }: Migration): string | undefined {
  return version !== null && version.text.split('.').length >= 3 ? releaseName(version) : undefined;
}

/** The refusal of a release that the code should not have yet. */
function ahead({ version: release, sealed, migrations }: Release, { version }: Product): LockstepError {
  const script = migrations[0]?.script;
  if (!sealed && script !== undefined) return new LockstepError('MIGRATION_AHEAD', { script, release, version });
  const reason = `it is newer than the code, which says that it is ${version}`;
  return new LockstepError('SEAL_BROKEN', { release, reason });
}

function checkSeal(release: Release, family: Family): void {
  if (!release.sealed) return;
  const sealed = release.sealed.migrations.filter(
    ({ key, checksums }) => !key.startsWith('R__') && checksums[family] !== undefined,
  );
  // A release that was never sealed for this family is not held to its seal.
  if (sealed.length === 0 && release.sealed.migrations.length > 0) return;
  const broken = (reason: string): LockstepError =>
    new LockstepError('SEAL_BROKEN', { release: release.version, reason });
  const present = new Map(release.migrations.map((migration) => [migration.key, migration]));
  for (const expected of sealed) {
    const found = present.get(expected.key);
    if (!found) throw broken(`migration ${expected.key} is missing`);
    if (found.checksum !== expected.checksums[family]) throw broken(`migration ${found.script} has changed`);
  }
  const known = new Set(sealed.map(({ key }) => key));
  const extra = release.migrations.find(({ key }) => !known.has(key));
  if (extra) throw broken(`migration ${extra.script} was added after the release`);
}

/** The release of this code with that version. Throws RELEASE_UNKNOWN. */
export function findRelease(code: Code, version: string): Release {
  const release = code.releases.find((candidate) => candidate.version === version);
  if (release) return release;
  throw new LockstepError('RELEASE_UNKNOWN', {
    release: version,
    known: code.releases.map((candidate) => candidate.version).join(', '),
  });
}

/** Every versioned migration up to a release. */
export function migrationsUpTo(code: Code, version: string): Migration[] {
  findRelease(code, version);
  return code.releases
    .filter((release) => compareReleases(release.version, version) <= 0)
    .flatMap((release) => release.migrations);
}

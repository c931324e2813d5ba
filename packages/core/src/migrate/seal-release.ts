import type { Database, Family } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { findRelease, migrationsUpTo, readCode } from '../release/releases.ts';
import type { Seal, SealedMigration, SealedRelease } from '../release/seal.ts';
import { writeSeal } from '../release/seal.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { shapeOf } from './build.ts';

export interface SealResult {
  readonly file: string;
  readonly release: string;
  readonly family: Family;
  readonly fingerprint: string;
  readonly migrations: readonly string[];
}

/**
 * Seals a release for the family of the database's server: builds it in a scratch database there and writes checksums
 * and fingerprint into `releases.json`. Run it once for every family, and again on other versions of a server to add
 * their fingerprints. Throws RELEASE_UNKNOWN, SEAL_BROKEN.
 */
export async function sealRelease(database: Database, product: Product, version: string): Promise<SealResult> {
  const code = await readCode(product, database);
  const release = findRelease(code, version);
  const repeatable =
    version === product.version ? code.migrations.filter((migration) => migration.version === null) : [];
  const own = [...release.migrations, ...repeatable];
  if (release.migrations.length === 0) {
    throw new LockstepError('USAGE', { reason: `release ${version} has no migrations for ${code.family}` });
  }
  const shape = await shapeOf(database, code, [...migrationsUpTo(code, version), ...repeatable]);
  refuseUnsupported(shape.unsupported);
  const print = fingerprint(shape);
  const sealed: SealedRelease = {
    version,
    migrations: own.map((migration) => sealMigration(release.sealed, migration, code.family)),
    fingerprints: {
      ...release.sealed?.fingerprints,
      [code.family]: [...new Set([...(release.sealed?.fingerprints[code.family] ?? []), print])],
    },
  };
  const file = await writeSeal(product.migrations, withRelease(code, sealed));
  return { file, release: version, family: code.family, fingerprint: print, migrations: own.map(({ key }) => key) };
}

function sealMigration(
  sealed: SealedRelease | undefined,
  migration: Code['migrations'][number],
  family: Family,
): SealedMigration {
  const before = sealed?.migrations.find(({ key }) => key === migration.key);
  const { key, description, checksum, fileChecksum, textChecksum } = migration;
  const checksums = { ...before?.checksums, [family]: checksum };
  const texts = { ...before?.texts, ...(fileChecksum === textChecksum ? {} : { [family]: textChecksum }) };
  return { key, description, checksums, ...(Object.keys(texts).length === 0 ? {} : { texts }) };
}

function withRelease(code: Code, sealed: SealedRelease): Seal {
  const { seal } = code.product;
  const before = seal.releases.find((release) => release.version === sealed.version);
  // A migration that only another family has stays in the seal.
  const others = before?.migrations.filter(({ key }) => !sealed.migrations.some((own) => own.key === key)) ?? [];
  const merged = { ...sealed, migrations: [...sealed.migrations, ...others] };
  return { ...seal, releases: [...seal.releases.filter(({ version }) => version !== sealed.version), merged] };
}

function refuseUnsupported(unsupported: readonly { readonly kind: string; readonly name: string }[]): void {
  if (unsupported.length === 0) return;
  throw new LockstepError('SHAPE_UNSUPPORTED', {
    found: unsupported.map(({ kind, name }) => `${kind} ${name}`).join(', '),
  });
}

import type { Family } from '../../database/database.ts';
import { LockstepError } from '../../errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { damaged } from './damage.ts';
import { Field, patterns } from './field.ts';
import { formatVersion } from './limits.ts';

/** One row of the history of the database that was backed up, in the order of their ranks. */
export type AppliedEntry = {
  readonly rank: number;
  /** Null for a repeatable migration. */
  readonly version: string | null;
  readonly description: string;
  readonly type: string;
  readonly script: string;
  readonly checksum: number | null;
  readonly installedBy: string;
  /** As the database writes it. */
  readonly installedOn: string;
  /** Milliseconds. */
  readonly executionTime: number;
  readonly success: boolean;
};

/** One row of `lockstep_step`: progress of a migration that is not finished, or a decision of an operator. */
export type StepEntry = {
  readonly migration: string;
  readonly statement: number;
  readonly checksum: string | null;
  readonly line: number | null;
  readonly status: string;
  /** JSON text. */
  readonly facts: string;
  readonly actor: string;
  readonly message: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
};

/** A table that the migrations themselves filled, in a fresh database. */
export type SeedEntry = { readonly name: string; readonly rows: number; readonly digest: string };

/**
 * What is known of a backup before its rows are read: the first thing in the file. (A type and not an interface, so that
 * it counts as JSON.)
 */
export type Manifest = {
  readonly format: 1;
  /** A random UUID. */
  readonly id: string;
  readonly product: string;
  /** `1.2.0`, or `1.2.0+3` with migrations beyond the release. */
  readonly release: string;
  readonly applied: readonly AppliedEntry[];
  /** What `lockstep_step` held. */
  readonly steps: readonly StepEntry[];
  /** What the migrations put into a fresh database. */
  readonly seed: readonly SeedEntry[];
  /** The hash of the applied list that releases are compared by: 64 hexadecimal digits. */
  readonly appliedHash: string;
  /** The hash of the seal that the release was checked against: 64 hexadecimal digits; null without one. */
  readonly seal: string | null;
  /** The fingerprint of the live shape: 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** The live shape is not that of the release. */
  readonly drifted: boolean;
  /** The phase that the database was in. */
  readonly phase: string;
  /** The fingerprint of the encryption key of the product's secrets, if it has one. */
  readonly keyFingerprint: string | null;
  readonly engine: { readonly family: Family; readonly name: string; readonly version: string };
  readonly tool: { readonly name: string; readonly version: string };
  /** The moment of the snapshot by the server's clock, ISO 8601 in UTC. */
  readonly takenAt: string;
  /** Where the server's log stood at that moment: LSN, GTID, binlog position. */
  readonly position: Readonly<Record<string, string>>;
  /** What people should know of how the backup was taken: how far a replica was behind, for example. Left out if nothing. */
  readonly notes?: readonly string[];
  /** The schemas that belong to the product; none on MySQL and MariaDB. */
  readonly schemas: readonly string[];
  /** How the backup was taken. Readers pass over names that they do not know. */
  readonly options: Readonly<Record<string, string>>;
};

const families: readonly Family[] = ['postgres', 'mysql', 'mariadb'];

/** Reads a manifest. Throws FORMAT_NEWER, or FILE_DAMAGED if it is not the canonical JSON of a manifest. */
export function parseManifest(text: string, file: string): Manifest {
  const manifest = readManifest(Field.parse(text, 'manifest', file), file);
  if (canonicalJson(manifest) !== text) throw damaged(file, 'the manifest is not in canonical form');
  return manifest;
}

/** Reads the fields of a manifest. Fields that do not belong to it are found by comparing the canonical JSON. */
export function readManifest(field: Field, file: string): Manifest {
  return {
    format: readFormat(field.at('format'), file),
    id: field.at('id').text(patterns.uuid),
    product: field.at('product').text(patterns.name),
    release: field.at('release').text(patterns.name),
    applied: field.at('applied').list(readApplied),
    steps: field.at('steps').list(readStep),
    seed: field.at('seed').list(readSeed),
    appliedHash: field.at('appliedHash').text(patterns.sha256),
    seal: field.at('seal').orNull((seal) => seal.text(patterns.sha256)),
    fingerprint: field.at('fingerprint').text(patterns.sha256),
    drifted: field.at('drifted').truth(),
    phase: field.at('phase').text(patterns.name),
    keyFingerprint: field.at('keyFingerprint').orNull((key) => key.text(patterns.name)),
    engine: {
      family: field.at('engine').at('family').oneOf(families),
      name: field.at('engine').at('name').text(patterns.name),
      version: field.at('engine').at('version').text(patterns.name),
    },
    tool: {
      name: field.at('tool').at('name').text(patterns.name),
      version: field.at('tool').at('version').text(patterns.name),
    },
    takenAt: field.at('takenAt').text(patterns.time),
    position: field.at('position').texts(),
    schemas: field.at('schemas').list((schema) => schema.text()),
    options: field.at('options').texts(),
    ...field.optional('notes', (notes) => ({ notes: notes.list((note) => note.text()) })),
  };
}

function readFormat(field: Field, file: string): 1 {
  const found = field.count();
  if (found > formatVersion) throw new LockstepError('FORMAT_NEWER', { file, found, needed: formatVersion });
  if (found !== 1) throw field.wrong('a format that exists');
  return found;
}

function readApplied(field: Field): AppliedEntry {
  return {
    rank: field.at('rank').integer(),
    version: field.at('version').orNull((version) => version.text()),
    description: field.at('description').text(),
    type: field.at('type').text(),
    script: field.at('script').text(),
    checksum: field.at('checksum').orNull((checksum) => checksum.integer()),
    installedBy: field.at('installedBy').text(),
    installedOn: field.at('installedOn').text(),
    executionTime: field.at('executionTime').integer(),
    success: field.at('success').truth(),
  };
}

function readStep(field: Field): StepEntry {
  return {
    migration: field.at('migration').text(),
    statement: field.at('statement').integer(),
    checksum: field.at('checksum').orNull((checksum) => checksum.text()),
    line: field.at('line').orNull((line) => line.integer()),
    status: field.at('status').text(),
    facts: field.at('facts').text(),
    actor: field.at('actor').text(),
    message: field.at('message').orNull((message) => message.text()),
    startedAt: field.at('startedAt').text(),
    finishedAt: field.at('finishedAt').orNull((time) => time.text()),
  };
}

function readSeed(field: Field): SeedEntry {
  return { name: field.at('name').text(), rows: field.at('rows').count(), digest: field.at('digest').text() };
}

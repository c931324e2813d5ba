import { LockstepError } from '../errors.ts';
import type { Source, Storage } from '../storage/storage.ts';
import { canonicalJson } from './archive/canonical-json.ts';
import { damaged } from './archive/damage.ts';
import { Field, patterns } from './archive/field.ts';
import type { Manifest } from './archive/manifest.ts';

/**
 * What is told in clear about an encrypted backup: enough to list it, to prune it and to check its cipher text.
 * docs/FORMAT.md specifies it. (A type and not an interface, so that it counts as JSON.)
 */
export type Sidecar = ClearFacts & {
  readonly format: 1;
  readonly encryption: 'age';
  /** To how many recipients it is encrypted; a passphrase counts as one. */
  readonly recipients: number;
  /** Size of the encrypted file. */
  readonly bytes: number;
  /** SHA-256 of the encrypted file. */
  readonly sha256: string;
  /** The file root of the archive inside, which proofs are about. */
  readonly fileRoot: string;
};

/** What a manifest says that may be told in clear. */
export type ClearFacts = Pick<Manifest, 'product' | 'release' | 'takenAt' | 'drifted'> & {
  /** `Postgres 15.18`. */
  readonly engine: string;
};

/** How the names of encrypted backups end. */
export const encryptedEnding = '.age';

const mostBytes = 64 * 1024;

export function clearFacts({ product, release, engine, takenAt, drifted }: Manifest): ClearFacts {
  return { product, release, engine: `${engine.name} ${engine.version}`, takenAt, drifted };
}

/** Writes the sidecar beside its file. */
export async function putSidecar(storage: Storage, file: string, sidecar: Sidecar): Promise<void> {
  await storage.put(`${file}.json`, Buffer.from(`${canonicalJson(sidecar)}\n`));
}

/**
 * The sidecar of an encrypted backup. `open` opens a file that stands beside it. Throws FILE_DAMAGED if there is none,
 * if it cannot be read, or if it is of a file with another size.
 */
export async function openSidecar(
  file: Source,
  name: string,
  open: (name: string) => Promise<Source>,
): Promise<Sidecar> {
  const source = await open(`${name}.json`).catch((error: unknown) => {
    if (!(error instanceof LockstepError) || error.code !== 'BACKUP_MISSING') throw error;
    throw damaged(file.name, 'it has no sidecar: the backup was never finished, or the two were parted', error);
  });
  try {
    const sidecar = await read(source);
    if (sidecar.bytes === file.size) return sidecar;
    throw damaged(file.name, `it has ${file.size} bytes, and its sidecar says ${sidecar.bytes}`);
  } finally {
    await source.close();
  }
}

/** Fields that are not known here mean nothing. */
async function read(source: Source): Promise<Sidecar> {
  const { name, size } = source;
  if (size > mostBytes) throw damaged(name, 'it is too large for a sidecar');
  const field = Field.parse((await source.read(0, size)).toString('utf8'), 'the sidecar', name);
  const format = field.at('format').count();
  if (format !== 1) throw new LockstepError('FORMAT_NEWER', { file: name, found: format, needed: 1 });
  return {
    format,
    encryption: field.at('encryption').oneOf(['age']),
    product: field.at('product').text(patterns.name),
    release: field.at('release').text(patterns.name),
    engine: field.at('engine').text(patterns.name),
    takenAt: field.at('takenAt').text(patterns.time),
    drifted: field.at('drifted').truth(),
    recipients: field.at('recipients').count(),
    bytes: field.at('bytes').count(),
    sha256: field.at('sha256').text(patterns.sha256),
    fileRoot: field.at('fileRoot').text(patterns.sha256),
  };
}

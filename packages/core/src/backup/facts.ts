import { decrypted } from '../encryption/decrypting-source.ts';
import type { Identity } from '../encryption/keys.ts';
import { LockstepError } from '../errors.ts';
import type { Source, Storage } from '../storage/storage.ts';
import { damaged } from './archive/damage.ts';
import { readStamp } from './archive/reader.ts';
import type { ClearFacts, Sidecar } from './sidecar.ts';
import { clearFacts, encryptedEnding, openSidecar } from './sidecar.ts';

type Facts = ClearFacts & Pick<Sidecar, 'fileRoot'>;

/**
 * What a backup of a storage is: of an encrypted one its sidecar tells, and if one of the identities opens it, the two
 * have to agree. Throws FILE_DAMAGED, FILE_FOREIGN or FORMAT_NEWER.
 */
export async function readFacts(
  storage: Storage,
  source: Source,
  name: string,
  identities: readonly Identity[],
): Promise<Facts> {
  if (!name.endsWith(encryptedEnding)) return plainFacts(source);
  const sidecar = await openSidecar(source, name, (beside) => storage.open(beside));
  const inside = await lookInside(source, identities);
  if (inside && !equal(inside, sidecar)) throw damaged(source.name, 'its sidecar speaks of another backup');
  return sidecar;
}

async function plainFacts(source: Source): Promise<Facts> {
  const { manifest, fileRoot } = await readStamp(source);
  return { ...clearFacts(manifest), fileRoot };
}

/** Undefined where no identity opens the file: others may have other keys. */
async function lookInside(source: Source, identities: readonly Identity[]): Promise<Facts | undefined> {
  if (identities.length === 0) return undefined;
  try {
    return await plainFacts(await decrypted(source, identities));
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'KEY_WRONG') return undefined;
    throw error;
  }
}

function equal(facts: Facts, sidecar: Facts): boolean {
  const { product, release, engine, takenAt, drifted, fileRoot } = sidecar;
  return (
    facts.product === product &&
    facts.release === release &&
    facts.engine === engine &&
    facts.takenAt === takenAt &&
    facts.drifted === drifted &&
    facts.fileRoot === fileRoot
  );
}

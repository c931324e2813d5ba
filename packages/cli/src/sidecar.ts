import { LockstepError, openSidecar } from '@lockstep/core';
import type { Sidecar, Source } from '@lockstep/core';
import { openNamedBackup } from './named-backup.ts';
import { bytes } from './numbers.ts';

/** The sidecar of an encrypted backup that a person names. */
export async function sidecarOf(source: Source, file: string, place: string): Promise<Sidecar> {
  if (file === '-') {
    throw new LockstepError('USAGE', { reason: 'an encrypted backup from stdin needs its key (--identity)' });
  }
  return openSidecar(source, file, (name) => openNamedBackup(name, place));
}

/** What is known of a backup without its key, in a few lines. */
export function sidecarLines(file: string, sidecar: Sidecar): string[] {
  const { product, release, engine, takenAt, drifted, recipients } = sidecar;
  return [
    file,
    `${product} ${release} from ${engine}, ${takenAt}${drifted ? ', drifted' : ''}`,
    `${bytes(sidecar.bytes)}, encrypted to ${recipients} ${recipients === 1 ? 'recipient' : 'recipients'}`,
  ];
}

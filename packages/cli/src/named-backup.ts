import { access } from 'node:fs/promises';
import { openBackup, openStorage, spool } from '@lockstep/core';
import type { Source } from '@lockstep/core';

/** Opens the backup that a person names: a path, a URL, the name of a file in the place of backups, or `-` for stdin. */
export async function openNamedBackup(file: string, place: string): Promise<Source> {
  if (file === '-') return spool(process.stdin, 'stdin');
  const isBare = !file.includes('/');
  const here = await access(file).then(
    () => true,
    () => false,
  );
  return isBare && !here ? openStorage(place).open(file) : openBackup(file);
}

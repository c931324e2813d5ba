import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { openBackup, spool } from '@lockstep/core';
import type { Source } from '@lockstep/core';

/** Opens the backup that a person names: a path, the name of a file in the place of backups, or `-` for stdin. */
export async function openNamedBackup(file: string, place: string): Promise<Source> {
  if (file === '-') return spool(process.stdin, 'stdin');
  const isBare = !file.includes('/');
  const here = await access(file).then(
    () => true,
    () => false,
  );
  return openBackup(isBare && !here ? join(place, file) : file);
}

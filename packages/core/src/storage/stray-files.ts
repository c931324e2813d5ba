import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './failure.ts';
import { readPartialName, writerIsDead } from './partial-name.ts';

const hour = 3_600_000;

/** Since when nothing has been written to a file that a dead process has left, before it is removed. */
const deadFor = hour;

/** The same where the writer cannot be asked for, because it ran on another host or its number is in use again. */
const silentFor = 48 * hour;

/** Removes what killed backups have left in a folder. Files that may still be written to are left alone. */
export async function removeStrays(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const writer = readPartialName(name);
    if (!writer) continue;
    const path = join(folder, name);
    const age = await silence(path);
    if (age === undefined) continue;
    if (age > silentFor || (age > deadFor && writerIsDead(writer))) await rm(path, { force: true });
  }
}

/** Milliseconds since the file was last written to; undefined if it is gone. */
async function silence(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

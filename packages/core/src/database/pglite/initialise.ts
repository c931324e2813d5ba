import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { isOfDatabase, newFolder } from './folder-state.ts';
import { runWorker } from './host.ts';
import { copyTemplate, keepTemplate } from './template.ts';

/**
 * Makes a new database in a folder that this process has locked. It is made in a folder inside, and then moved, with
 * PG_VERSION last: a folder with that file is whole, one without it but with `lockstep.new` is begun again. (The folder
 * itself can't be put in place at once where it is the root of a volume.)
 */
export async function initialise(folder: string): Promise<void> {
  for (const name of readdirSync(folder)) {
    if (name === newFolder || isOfDatabase(name)) rmSync(join(folder, name), { recursive: true });
  }
  const fresh = join(folder, newFolder);
  mkdirSync(fresh, { mode: 0o700 });
  if (!copyTemplate(fresh)) {
    // In a thread of its own, as it takes 800 MB of memory, which is free again when the thread ends.
    await runWorker({ folder: fresh, idleSeconds: 0 });
    await keepTemplate(fresh);
  }
  const names = readdirSync(fresh).filter((name) => name !== 'PG_VERSION');
  for (const name of [...names, 'PG_VERSION']) renameSync(join(fresh, name), join(folder, name));
  finishInitialise(folder);
}

/** Removes what a start left that was killed after the last move. */
export function finishInitialise(folder: string): void {
  if (existsSync(join(folder, newFolder))) rmdirSync(join(folder, newFolder));
}

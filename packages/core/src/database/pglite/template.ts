import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syncFolder } from './sync-folder.ts';

/**
 * A new database, kept beside the code of PGlite for the next ones: initdb takes two seconds and 800 MB of memory, a
 * copy a tenth of a second. Who may write there may change the code too, so it is as trustworthy as the code. Where
 * nothing can be written, each new database is made by initdb.
 */
function templateFolder(): string {
  const code = dirname(fileURLToPath(import.meta.resolve('@electric-sql/pglite')));
  const version = /"version":\s*"([^"]+)"/.exec(readFileSync(join(code, '../package.json'), 'utf8'))?.[1] ?? 'unknown';
  return join(code, '../../../.cache/lockstep', `pglite-${version}`);
}

/** Fills an empty folder with a new database; false if that can't be had. */
export function copyTemplate(folder: string): boolean {
  const template = templateFolder();
  if (!existsSync(template)) return false;
  try {
    copyFolder(template, folder);
    return true;
  } catch {
    // Another user's template, for example. What was copied of it must not be mixed with a database of its own.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    return false;
  }
}

/** Keeps a copy of a database that was just made and never used. */
export async function keepTemplate(folder: string): Promise<void> {
  const template = templateFolder();
  let copy: string | undefined;
  try {
    mkdirSync(dirname(template), { recursive: true });
    copy = mkdtempSync(`${template}-`);
    copyFolder(folder, copy);
    // A loss of power must not leave files that are there but empty.
    await syncFolder(copy, 0);
    renameSync(copy, template);
  } catch {
    // The folder is not ours to write, or another process was faster. Neither matters.
    if (copy !== undefined) rmSync(copy, { recursive: true, force: true });
  }
}

/** Files and folders, and nothing else: a database has a thousand, and the system's own call asks several times about each. */
function copyFolder(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (!entry.isDirectory()) {
      copyFileSync(source, target);
      continue;
    }
    mkdirSync(target, { mode: 0o700 });
    copyFolder(source, target);
  }
}

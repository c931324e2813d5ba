import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database, Scratch } from '../database.ts';
import { lockFile } from './folder-lock.ts';
import { codeOf, isAlive, readRecord } from './lock-record.ts';

const prefix = 'lockstep-scratch-';

/** An empty database in a temporary folder. What killed processes left of theirs is removed first. */
export async function createScratch(open: (folder: string) => Promise<Database>): Promise<Scratch> {
  removeLeftOver();
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const database = await open(folder);
    const drop = async (): Promise<void> => {
      await database.close();
      remove();
    };
    return { database, drop };
  } catch (error) {
    remove();
    throw error;
  }
}

function removeLeftOver(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    if (isLeftOver(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

function isLeftOver(folder: string): boolean {
  try {
    const found = readRecord(join(folder, lockFile));
    return found !== undefined && !isAlive(found, Date.now());
  } catch (error) {
    // Another user's.
    if (codeOf(error) === 'EACCES') return false;
    throw error;
  }
}

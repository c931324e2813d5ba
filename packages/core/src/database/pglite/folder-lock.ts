import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf } from '../../errors.ts';
import { codeOf, isAlive, readRecord } from './lock-record.ts';
import type { LockRecord } from './lock-record.ts';
import { removeSocketFolder } from './socket-folder.ts';

/** Everything in a data folder that belongs to its lock begins with this. */
export const lockFile = 'lockstep.lock';

const renewMilliseconds = 5_000;

/**
 * Takes the lock of a data folder, or tells who holds it. Node has no file locks, and PGlite has none either: two
 * processes in one folder lose each other's data.
 *
 * The lock is a file that names its holder. It is made whole under another name and then linked, which only one of many
 * can do. A dead holder's lock is replaced by whoever has the claim to it: another link, named after the dead holder's
 * token. As nobody else may replace that lock, and nobody removes a claim before it is replaced, a process that was slow
 * finds another token in the lock after it got hold of a claim, and lets go. The claim of one that died in the middle is
 * itself claimed.
 */
export function tryLockFolder(folder: string, record: LockRecord): FolderLock | LockRecord {
  const path = join(folder, lockFile);
  const draft = `${path}.${record.token}`;
  writeFileSync(draft, `${JSON.stringify(record)}\n`, { flag: 'wx', mode: 0o600 });
  try {
    for (;;) {
      if (linkIfFree(draft, path)) return new FolderLock(path, record);
      const now = currentTime(draft);
      const holder = readRecord(path);
      if (holder === undefined) continue;
      if (isAlive(holder, now)) return holder.record;
      const claim = claimLock(path, holder.record, draft, now);
      if (claim.rival !== undefined) return claim.rival;
      try {
        if (claim.lost || readRecord(path)?.record.token !== holder.record.token) continue;
        renameSync(draft, path);
        removeSocketFolder(holder.record.socket);
        return new FolderLock(path, record);
      } finally {
        for (const file of claim.files) rmSync(file, { force: true });
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

interface Claim {
  readonly files: readonly string[];
  /** Another process, alive, has the claim. */
  readonly rival?: LockRecord;
  /** Another process had the claim, and has settled the matter. */
  readonly lost?: boolean;
}

/** The right to replace the lock of a dead holder. */
function claimLock(path: string, dead: LockRecord, draft: string, now: number): Claim {
  const file = `${path}.claim.${dead.token}`;
  if (linkIfFree(draft, file)) return { files: [file] };
  const other = readRecord(file);
  if (other === undefined) return { files: [], lost: true };
  if (isAlive(other, now)) return { files: [], rival: other.record };
  const claim = claimLock(path, other.record, draft, now);
  return claim.files.length === 0 ? claim : { files: [...claim.files, file] };
}

/** A folder held by this process. */
export class FolderLock {
  readonly #path: string;
  readonly #file: number;
  readonly #content: Buffer;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, record: LockRecord) {
    this.#path = path;
    this.#content = Buffer.from(`${JSON.stringify(record)}\n`);
    this.#file = openSync(path, 'r+');
    removeLeftOver(path, record.token);
  }

  /** Shows other machines that the holder lives. `onLost` is called if one of them took the lock nevertheless. */
  keep(onLost: () => void): void {
    this.#timer = setInterval(() => {
      try {
        if (this.held()) {
          // The same bytes again: whoever reads meanwhile finds nothing amiss.
          writeSync(this.#file, this.#content, 0, this.#content.length, 0);
          return;
        }
      } catch (error) {
        process.emitWarning(`The lock ${this.#path} cannot be renewed: ${reasonOf(error)}`);
        return;
      }
      clearInterval(this.#timer);
      onLost();
    }, renewMilliseconds).unref();
  }

  held(): boolean {
    const mine = fstatSync(this.#file);
    const found = statSync(this.#path, { throwIfNoEntry: false });
    return found !== undefined && found.ino === mine.ino && found.dev === mine.dev;
  }

  release(): void {
    clearInterval(this.#timer);
    if (this.held()) unlinkSync(this.#path);
    closeSync(this.#file);
  }
}

/** The time by the clock that also dates the holder's lock, which may be that of a server of files. */
function currentTime(ownFile: string): number {
  const file = openSync(ownFile, 'r+');
  try {
    writeSync(file, '{', 0);
    return fstatSync(file).mtimeMs;
  } finally {
    closeSync(file);
  }
}

/** A record that cannot be read for so long is one that nobody will finish. */
const tornMilliseconds = 60_000;

function linkIfFree(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * What processes left that died while they took the lock. Claims to former locks are worth nothing any more: who gets
 * hold of one finds this lock, and lets go.
 */
function removeLeftOver(path: string, token: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${lockFile}.`) || name.endsWith(token)) continue;
    const file = join(folder, name);
    const found = readRecord(file);
    if (found === undefined) {
      // Its process was killed while it wrote this, or writes it right now.
      const age = currentTime(path) - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      if (age < tornMilliseconds) continue;
    } else if (!name.startsWith(`${lockFile}.claim.`) && isAlive(found, currentTime(path))) continue;
    rmSync(file, { force: true });
  }
}

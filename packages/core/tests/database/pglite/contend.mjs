// Takes and gives up the lock of a folder again and again, together with other processes that run this program.
// Arguments: folder, rounds (Infinity: until it is killed). Exits with 9 if another was inside while it held the lock.
import { readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLock, tryLockFolder } from '#core/database/pglite/folder-lock.js';
import { ownRecord } from '#core/database/pglite/lock-record.js';

const [folder, rounds] = [process.argv[2], Number(process.argv[3])];
const inside = join(folder, 'inside');
const counter = join(folder, 'counter');
const pause = new Int32Array(new SharedArrayBuffer(4));

for (let done = 0; done < rounds;) {
  const lock = tryLockFolder(folder, ownRecord('contend', '', false));
  if (!(lock instanceof FolderLock)) {
    Atomics.wait(pause, 0, 0, Math.random() * 2);
    continue;
  }
  if (!enter() && somebodyIsInside()) process.exit(9);
  writeFileSync(counter, String(Number(readFileSync(counter, 'utf8')) + 1));
  unlinkSync(inside);
  done += 1;
  if (Math.random() < 0.3) lock.release();
  else leaveForDead();
}

function enter() {
  try {
    writeFileSync(inside, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** False if it was killed inside. */
function somebodyIsInside() {
  try {
    // It is empty if it was killed before it could write its id; `/proc//stat` would be there.
    const id = readFileSync(inside, 'utf8') || 'nobody';
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    if (!/\) [ZX] /.test(stat)) return true;
  } catch {
    // There is no such process.
  }
  rmSync(inside, { force: true });
  return !enter();
}

/** What the lock looks like after a holder was killed: another token each time, of a process that is not there. */
function leaveForDead() {
  const record = { ...ownRecord('dead', '', false), process: 2 ** 30 };
  const file = join(folder, `dead.${record.token}`);
  writeFileSync(file, JSON.stringify(record));
  renameSync(file, join(folder, 'lockstep.lock'));
}

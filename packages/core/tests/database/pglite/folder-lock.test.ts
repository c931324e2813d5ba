import { FolderLock, tryLockFolder } from '#core/database/pglite/folder-lock.js';
import { ownRecord, readRecord } from '#core/database/pglite/lock-record.js';
import type { LockRecord } from '#core/database/pglite/lock-record.js';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, readFileSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runProgram } from '../../../../../tests/fixtures/program.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';

let folder: string;
let lockPath: string;
const held: FolderLock[] = [];

beforeEach(async () => {
  folder = await temporaryFolder();
  lockPath = join(folder, 'lockstep.lock');
});

afterEach(() => {
  vi.useRealTimers();
  for (const lock of held.splice(0)) lock.release();
});

const own = (): LockRecord => ownRecord('test', '', false);
/** No process has this id: Linux goes up to 2^22. */
const deadProcess = 2 ** 30;
const dead = (): LockRecord => ({ ...own(), process: deadProcess });
const write = (file: string, record: LockRecord): void => writeFileSync(file, JSON.stringify(record));

function take(): FolderLock | LockRecord {
  const lock = tryLockFolder(folder, own());
  if (lock instanceof FolderLock) held.push(lock);
  return lock;
}

describe('the lock of a folder', () => {
  it('is held once, and free again when it is released', () => {
    const lock = tryLockFolder(folder, own());
    expect(lock).toBeInstanceOf(FolderLock);
    expect(take()).toMatchObject({ process: process.pid, purpose: 'test' });
    if (lock instanceof FolderLock) lock.release();
    expect(existsSync(lockPath)).toBe(false);
    expect(take()).toBeInstanceOf(FolderLock);
    expect(readdirSync(folder)).toEqual(['lockstep.lock']);
  });

  it('of a process that was killed is taken over', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const stat = (): string => readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const started =
      stat()
        .slice(stat().lastIndexOf(')') + 2)
        .split(' ')[19] ?? '';
    write(lockPath, { ...own(), process: child.pid ?? 0, started });
    expect(take()).toMatchObject({ process: child.pid });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(take()).toBeInstanceOf(FolderLock);
  });

  it('of a process that has ended but was not reaped is taken over', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(parent.stdout, 'data');
    const zombie = Number(String(line));
    await expect.poll(() => readFileSync(`/proc/${zombie}/stat`, 'utf8')).toMatch(/\) Z /);
    write(lockPath, { ...own(), process: zombie, started: '1' });
    expect(take()).toBeInstanceOf(FolderLock);
    parent.kill('SIGKILL');
  });

  it('is taken over when another process has got the id of the holder', () => {
    write(lockPath, own());
    expect(take()).toMatchObject({ process: process.pid });
    write(lockPath, { ...own(), started: '1' });
    expect(take()).toBeInstanceOf(FolderLock);
  });

  it('of another machine, or of another container, is taken over when it is no longer renewed', () => {
    for (const elsewhere of [{ machine: 'another boot' }, { host: 'another-host' }]) {
      write(lockPath, { ...dead(), ...elsewhere });
      const now = Date.now() / 1000;
      utimesSync(lockPath, now, now - 20);
      expect(take()).toMatchObject({ process: deadProcess });
      utimesSync(lockPath, now, now - 40);
      const lock = take();
      expect(lock).toBeInstanceOf(FolderLock);
      held.pop()?.release();
    }
  });

  it('that a crash of the machine left empty is taken over after a while', () => {
    writeFileSync(lockPath, '');
    expect(take()).toMatchObject({ host: 'an unknown host' });
    utimesSync(lockPath, 0, 0);
    expect(take()).toBeInstanceOf(FolderLock);
  });

  it('is renewed', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lock = take();
    const lost = vi.fn<() => void>();
    if (lock instanceof FolderLock) lock.keep(lost);
    const before = readFileSync(lockPath, 'utf8');
    utimesSync(lockPath, 0, 0);
    vi.advanceTimersByTime(5000);
    expect(readRecord(lockPath)?.written).toBeGreaterThan(Date.now() - 60_000);
    expect(readFileSync(lockPath, 'utf8')).toBe(before);
    expect(lost).not.toHaveBeenCalled();
  });

  it('is lost when another machine took it, and is not released then', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lock = take();
    const lost = vi.fn<() => void>();
    if (lock instanceof FolderLock) lock.keep(lost);
    const other = { ...own(), machine: 'another boot' };
    write(join(folder, 'other'), other);
    renameSync(join(folder, 'other'), lockPath);
    vi.advanceTimersByTime(20_000);
    expect(lost).toHaveBeenCalledTimes(1);
    held.pop()?.release();
    expect(readRecord(lockPath)?.record.token).toBe(other.token);
  });
});

describe('taking over', () => {
  const program = fileURLToPath(new URL('contend.mjs', import.meta.url));

  it('is left to the process that has the claim', () => {
    const [stale, rival] = [dead(), own()];
    write(lockPath, stale);
    write(`${lockPath}.claim.${stale.token}`, rival);
    expect(take()).toMatchObject({ token: rival.token });
    expect(readRecord(lockPath)?.record.token).toBe(stale.token);
  });

  it('goes on where processes were killed in its middle, and leaves nothing behind', () => {
    const [stale, first, second] = [dead(), dead(), dead()];
    write(lockPath, stale);
    write(`${lockPath}.${first.token}`, first);
    linkSync(`${lockPath}.${first.token}`, `${lockPath}.claim.${stale.token}`);
    write(`${lockPath}.${second.token}`, second);
    linkSync(`${lockPath}.${second.token}`, `${lockPath}.claim.${first.token}`);
    write(`${lockPath}.claim.a-former-one`, dead());
    expect(take()).toBeInstanceOf(FolderLock);
    expect(readdirSync(folder)).toEqual(['lockstep.lock']);
  });

  it('is done by one of many processes at a time', async () => {
    writeFileSync(join(folder, 'counter'), '0');
    write(lockPath, dead());
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => runProgram(process.execPath, [program, folder, '50'])),
    );
    expect(outcomes).toEqual(outcomes.map(() => ({ code: 0, stdout: '', stderr: '' })));
    expect(readFileSync(join(folder, 'counter'), 'utf8')).toBe('300');
  });

  it('stays possible whenever processes are killed', async () => {
    writeFileSync(join(folder, 'counter'), '0');
    const codes: unknown[] = [];
    const start = (): ChildProcess => {
      const child = spawn(process.execPath, [program, folder, 'Infinity'], { stdio: 'ignore' });
      child.once('exit', (code) => codes.push(code));
      return child;
    };
    let children = Array.from({ length: 4 }, start);
    for (let kills = 0; kills < 12; kills += 1) {
      await sleep(50 + Math.random() * 100);
      const [first, ...others] = children;
      first?.kill('SIGKILL');
      children = kills < 8 ? [...others, start()] : others;
    }
    await expect.poll(() => codes.length, { timeout: 20_000 }).toBe(12);
    expect(codes).toEqual(codes.map(() => null));
    expect(take()).toBeInstanceOf(FolderLock);
    // What a process was killed in the middle of writing goes when it is a minute old.
    for (const name of readdirSync(folder).filter((file) => file.startsWith('lockstep.lock.'))) {
      expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/\}\s*$/);
    }
  });
});

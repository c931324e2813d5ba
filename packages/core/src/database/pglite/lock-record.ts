import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a folder, as written in its lock file. */
export interface LockRecord {
  /** Different for each time that a folder is held. */
  readonly token: string;
  readonly host: string;
  /** The machine's boot and the processes' namespace: where both are equal, process ids mean the same. */
  readonly machine: string;
  readonly process: number;
  /** When the process started, in the system's own words: an id is used again, but not for the same moment. */
  readonly started: string;
  /** `serve`, `backup` ... */
  readonly purpose: string;
  /** The folder of the socket behind which the database is. */
  readonly socket: string;
  /** Other processes may use that socket. */
  readonly invitesGuests: boolean;
}

/** The record in a lock file, and when the file was last written, in milliseconds by the clock of the file system. */
export interface FoundRecord {
  readonly record: LockRecord;
  readonly written: number;
}

/** A holder on another machine that has not renewed its lock for so long counts as dead. */
const deadAfterMilliseconds = 30_000;

export function ownRecord(purpose: string, socket: string, invitesGuests: boolean): LockRecord {
  return {
    token: randomUUID(),
    host: hostname(),
    machine: machine(),
    process: process.pid,
    started: processStart(process.pid) ?? '',
    purpose,
    socket,
    invitesGuests,
  };
}

/** Undefined if there is no such file. */
export function readRecord(path: string): FoundRecord | undefined {
  const file = openIfThere(path);
  if (file === undefined) return undefined;
  try {
    // Opening a file again is what makes a network file system ask for its current state.
    const written = fstatSync(file).mtimeMs;
    return { record: parseRecord(readFileSync(file, 'utf8')), written };
  } finally {
    closeSync(file);
  }
}

/** Whether the holder still is. `now` is the time by the clock of the file system. */
export function isAlive({ record, written }: FoundRecord, now: number): boolean {
  if (record.machine === machine() && record.host === hostname()) return runs(record);
  return now - written < deadAfterMilliseconds;
}

/** Whether the process of a record of this machine runs. A process that has ended but was not yet reaped doesn't. */
function runs({ process: pid, started }: LockRecord): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and belongs to another user.
    if (codeOf(error) !== 'EPERM') return false;
  }
  const found = processStart(pid);
  return found === undefined || started === '' || found === started;
}

/** When a process started; `ended` for one that only waits to be reaped; undefined if the system does not tell. */
function processStart(pid: number): string | undefined {
  if (process.platform !== 'linux') return askPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command stands in parentheses, and may hold spaces and parentheses. State is the first field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
  } catch {
    // Other users' processes may be hidden.
    return undefined;
  }
}

function askPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // Other systems than Linux have no such namespaces.
    return process.platform;
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A file that a crash of the machine left empty names nobody. Its age says when it can be taken over. */
const nobody: LockRecord = {
  token: 'unreadable',
  host: 'an unknown host',
  machine: '',
  process: 0,
  started: '',
  purpose: 'unknown',
  socket: '',
  invitesGuests: false,
};

function parseRecord(text: string): LockRecord {
  const found = parseJson(text);
  if (typeof found !== 'object' || found === null) return nobody;
  const values = new Map<string, unknown>(Object.entries(found));
  const string = (name: string): string => {
    const value = values.get(name);
    return typeof value === 'string' ? value : '';
  };
  if (!/^[\w-]+$/.test(string('token'))) return nobody;
  return {
    token: string('token'),
    host: string('host'),
    machine: string('machine'),
    process: Number(values.get('process')),
    started: string('started'),
    purpose: string('purpose'),
    socket: string('socket'),
    invitesGuests: values.get('invitesGuests') === true,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

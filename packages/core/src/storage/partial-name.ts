import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** What the temporary name of an unpublished file tells of its writer. */
export interface PartialName {
  readonly host: string;
  readonly process: number;
}

const form = /^\..+\.partial-(?<host>[A-Za-z0-9._-]*)-(?<process>\d+)-[0-9a-f]{8}$/;
const host = hostname()
  .replace(/[^A-Za-z0-9._-]/g, '_')
  .slice(0, 64);

/** `.shop-1.4.0.sql.zst.partial-HOST-PROCESS-RANDOM`: hidden, and never one that a backup can have. */
export function partialName(name: string): string {
  return `.${name}.partial-${host}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Reads a temporary name; undefined for any other. */
export function readPartialName(name: string): PartialName | undefined {
  const groups = form.exec(name)?.groups;
  if (!groups) return undefined;
  return { host: groups['host'] ?? '', process: Number(groups['process']) };
}

/** True if the writer is certainly gone: a process of this host that no longer runs. */
export function writerIsDead(writer: PartialName): boolean {
  if (writer.host !== host) return false;
  if (writer.process === process.pid) return false;
  try {
    process.kill(writer.process, 0);
    return false;
  } catch (error) {
    // EPERM: it runs as another user.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

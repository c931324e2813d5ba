import { hostname, userInfo } from 'node:os';

/** Who works here, for the records and for those that wait: `anna@db-1 process 4711`. */
export function actor(): string {
  return `${userName()}@${hostname()} process ${process.pid}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return `user ${process.getuid?.() ?? '?'}`;
  }
}

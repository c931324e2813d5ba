import { hostname, userInfo } from 'node:os';

/**
 * Who works here, for the records and for those that wait: `process 4711, anna@db-1`. The process comes first: servers
 * cut off what is too long for the name of a connection.
 */
export function actor(): string {
  return `process ${process.pid}, ${person()}`;
}

/** Who works here and where: `anna@db-1`. */
export function person(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return `user ${process.getuid?.() ?? '?'}`;
  }
}

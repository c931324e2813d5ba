import { execFileSync } from 'node:child_process';

/** The user that servers run as: Postgres refuses root. Nothing if we are not root ourselves. */
export function account() {
  if (process.getuid() !== 0) return undefined;
  const lines = execFileSync('getent', ['passwd'], { encoding: 'utf8' }).split('\n');
  for (const name of ['postgres', 'nobody']) {
    const line = lines.find((entry) => entry.startsWith(`${name}:`));
    if (!line) continue;
    const [, , uid, gid] = line.split(':');
    return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('Root needs the user postgres or nobody to run database servers, and neither exists.');
}

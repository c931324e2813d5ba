import { readdirSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { root } from './page.ts';

/** Data of whoever works in the real checkout. */
const left = ['.git', '.lockstep', '.servers'];

/** A new folder that looks like a checkout after `npm ci`, in which commands leave what they write. */
export async function freshCheckout(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of readdirSync(root)) {
    if (!left.includes(name)) await symlink(join(root, name), join(folder, name));
  }
  return folder;
}

/** The environment of somebody who has set nothing for Lockstep, and whose npm does not reach for the network. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _url, DATABASE_URL_FILE: _file, LOCKSTEP_BACKUPS: _backups, ...env } = process.env;
  return { ...env, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
}

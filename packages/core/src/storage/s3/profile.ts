import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LockstepError } from '../../errors.ts';
import { inPlace, systemCode } from '../failure.ts';
import type { Sections } from './ini.ts';
import { parseIni } from './ini.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the shared files of the AWS tools say for the profile in use. */
export interface Profile {
  readonly name: string;
  /** A key's value; what the credentials file says wins. */
  get(key: string): string | undefined;
  /** A key of the section that the profile names with `services`. */
  service(key: string): string | undefined;
}

/**
 * Reads `~/.aws/config` and `~/.aws/credentials` (or what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name) for
 * AWS_PROFILE. https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
 */
export async function readProfile(environment: Environment): Promise<Profile> {
  const home = join(environment['HOME'] ?? homedir(), '.aws');
  const config = await sectionsOf(environment['AWS_CONFIG_FILE'] ?? join(home, 'config'));
  const secrets = await sectionsOf(environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, 'credentials'));
  const asked = environment['AWS_PROFILE'] ?? environment['AWS_DEFAULT_PROFILE'];
  const name = asked ?? 'default';
  const own = config.get(`profile ${name}`) ?? (name === 'default' ? config.get(name) : undefined);
  const secret = secrets.get(name);
  if (asked !== undefined && !own && !secret) {
    throw new LockstepError('STORAGE_CREDENTIALS_MISSING', { reason: `there is no profile "${name}"` });
  }
  const services = config.get(`services ${own?.get('services') ?? ''}`);
  return {
    name,
    get: (key) => secret?.get(key) ?? own?.get(key),
    service: (key) => services?.get(key),
  };
}

async function sectionsOf(file: string): Promise<Sections> {
  return inPlace(file, async () => {
    try {
      return parseIni(await readFile(file, 'utf8'));
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return new Map();
      throw error;
    }
  });
}

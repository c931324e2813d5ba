import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LockstepError } from '../../errors.ts';
import { inPlace } from '../failure.ts';
import { containerCredentials, instanceCredentials, roleByToken } from './credentials-of-host.ts';
import { readDocument } from './credentials-document.ts';
import type { Environment, Profile } from './profile.ts';
import { given } from './settings.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they have to be fetched anew; never if it is left out. */
  readonly expiresAt?: Date | undefined;
}

const fiveMinutes = 300_000;

/** Fetches credentials when they are first needed, and again before they expire: a backup may outlast them. */
export class CredentialCache {
  readonly #fetch: () => Promise<Credentials>;
  #current: Promise<Credentials> | undefined;
  #expiresAt = Infinity;

  constructor(fetch: () => Promise<Credentials>) {
    this.#fetch = fetch;
  }

  async get(): Promise<Credentials> {
    if (this.#current && Date.now() < this.#expiresAt - fiveMinutes) return this.#current;
    this.#current = this.#fetch();
    this.#expiresAt = Infinity;
    try {
      const credentials = await this.#current;
      this.#expiresAt = credentials.expiresAt?.getTime() ?? Infinity;
      return credentials;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  /** The server says that they have expired. */
  forget(): void {
    this.#current = undefined;
  }
}

/**
 * Looks where the AWS CLI looks, in its order: environment, token of a web identity, shared files, the command that a
 * profile names, container, instance. Throws STORAGE_CREDENTIALS_MISSING.
 */
export async function findCredentials(environment: Environment, profile: Profile): Promise<Credentials> {
  const found =
    pair(
      environment['AWS_ACCESS_KEY_ID'],
      environment['AWS_SECRET_ACCESS_KEY'],
      given(environment['AWS_SESSION_TOKEN'], environment['AWS_SECURITY_TOKEN']),
    ) ??
    (await byWebIdentity(environment, profile)) ??
    pair(profile.get('aws_access_key_id'), profile.get('aws_secret_access_key'), profile.get('aws_session_token')) ??
    (await byProcess(profile)) ??
    (await containerCredentials(environment)) ??
    (await instanceCredentials(environment));
  if (found) return found;
  const other = ['sso_session', 'sso_start_url', 'role_arn'].find((key) => profile.get(key) !== undefined);
  const reason =
    other === undefined
      ? 'neither environment, shared files, container nor instance give any'
      : `the profile "${profile.name}" uses ${other}; let credential_process = aws configure export-credentials --profile ${profile.name} --format process fetch them`;
  throw new LockstepError('STORAGE_CREDENTIALS_MISSING', { reason });
}

function pair(id: string | undefined, secret: string | undefined, token: string | undefined): Credentials | undefined {
  if (id === undefined || secret === undefined || id === '' || secret === '') return undefined;
  return { accessKeyId: id, secretAccessKey: secret, sessionToken: token };
}

async function byWebIdentity(environment: Environment, profile: Profile): Promise<Credentials | undefined> {
  const file = given(environment['AWS_WEB_IDENTITY_TOKEN_FILE'], profile.get('web_identity_token_file'));
  const role = given(environment['AWS_ROLE_ARN'], profile.get('role_arn'));
  if (file === undefined || role === undefined) return undefined;
  const token = await inPlace(file, () => readFile(file, 'utf8'));
  return roleByToken(environment, profile, role, token.trim());
}

async function byProcess(profile: Profile): Promise<Credentials | undefined> {
  const command = profile.get('credential_process');
  if (command === undefined) return undefined;
  // The shell splits the command as the user wrote it, who is the one that wrote the file.
  const [shell, option] = process.platform === 'win32' ? ['cmd.exe', '/c'] : ['/bin/sh', '-c'];
  const { stdout } = await promisify(execFile)(shell, [option, command]).catch((error: unknown) => {
    // Neither the command nor what it printed is told: they may hold secrets.
    const code = error instanceof Error && 'code' in error ? ` (exit code ${String(error.code)})` : '';
    throw new LockstepError('STORAGE_CREDENTIALS_MISSING', { reason: `credential_process fails${code}` });
  });
  return readDocument(stdout, 'credential_process');
}

import { readFile } from 'node:fs/promises';
import { LockstepError, reasonOf } from '../../errors.ts';
import type { Credentials } from './credentials.ts';
import { readDocument } from './credentials-document.ts';
import type { Environment, Profile } from './profile.ts';
import { given } from './settings.ts';
import { textOf } from './xml.ts';

const seconds = 1000;

/** Of a container of ECS or a pod of EKS; undefined outside of one. */
export async function containerCredentials(environment: Environment): Promise<Credentials | undefined> {
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url =
    relative === undefined ? environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] : `http://169.254.170.2${relative}`;
  if (url === undefined || url === '') return undefined;
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token =
    file === undefined ? environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'] : (await readFile(file, 'utf8')).trim();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: token };
  return readDocument(await ask('the container', url, { headers }, 5 * seconds), 'the container');
}

/**
 * Of the role of an instance of EC2; undefined elsewhere, which takes a second to find out.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export async function instanceCredentials(environment: Environment): Promise<Credentials | undefined> {
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  const base = given(environment['AWS_EC2_METADATA_SERVICE_ENDPOINT']) ?? 'http://169.254.169.254';
  const latest = `${base.replace(/\/$/, '')}/latest`;
  const token = await fetch(`${latest}/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
    signal: AbortSignal.timeout(seconds),
  }).then(
    (response) => (response.ok ? response.text() : undefined),
    // Nobody answers: this is no instance.
    () => undefined,
  );
  if (token === undefined) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': token };
  const roles = `${latest}/meta-data/iam/security-credentials/`;
  const role = (await ask('the instance', roles, { headers }, 5 * seconds)).split('\n')[0]?.trim() ?? '';
  return readDocument(await ask('the instance', `${roles}${role}`, { headers }, 5 * seconds), 'the instance');
}

/** Of a role that a token of a web identity may take, as in EKS. */
export async function roleByToken(
  environment: Environment,
  profile: Profile,
  role: string,
  token: string,
): Promise<Credentials> {
  const region = given(environment['AWS_REGION'], environment['AWS_DEFAULT_REGION'], profile.get('region'));
  const endpoint =
    given(environment['AWS_ENDPOINT_URL_STS'], environment['AWS_ENDPOINT_URL']) ??
    `https://sts.${region ?? 'us-east-1'}.amazonaws.com`;
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: given(environment['AWS_ROLE_SESSION_NAME'], profile.get('role_session_name')) ?? 'lockstep',
    WebIdentityToken: token,
  });
  const text = await ask('the token service', endpoint, { method: 'POST', body }, 20 * seconds);
  const expiration = textOf(text, 'Expiration');
  const [accessKeyId, secretAccessKey] = [textOf(text, 'AccessKeyId'), textOf(text, 'SecretAccessKey')];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new LockstepError('STORAGE_CREDENTIALS_MISSING', { reason: 'what the token service gives are none' });
  }
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: textOf(text, 'SessionToken'),
    expiresAt: expiration === undefined ? undefined : new Date(expiration),
  };
}

async function ask(place: string, url: string, request: RequestInit, milliseconds: number): Promise<string> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(milliseconds) });
    const text = await response.text();
    if (response.ok) return text;
    throw new Error(`it answers ${response.status} ${textOf(text, 'Code') ?? ''}`.trim());
  } catch (error) {
    const reason = `${place} gives none: ${reasonOf(error)}`;
    throw new LockstepError('STORAGE_CREDENTIALS_MISSING', { reason }, { cause: error });
  }
}

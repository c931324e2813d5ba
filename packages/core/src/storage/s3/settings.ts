import { readFile } from 'node:fs/promises';
import { LockstepError } from '../../errors.ts';
import { inPlace } from '../failure.ts';
import type { Environment, Profile } from './profile.ts';
import { readProfile } from './profile.ts';

/** Where a bucket's server is, and how it is spoken to. */
export interface Settings {
  readonly region: string;
  /** The server; of AWS if nothing else is named. */
  readonly endpoint: URL;
  /** False for AWS itself. */
  readonly isCustom: boolean;
  /** True if the bucket stands in the path and not in the host's name. */
  readonly pathStyle: boolean;
  /** Certificates to trust instead of Node's own. */
  readonly certificates: Buffer | undefined;
  /** How often a request is tried. */
  readonly attempts: number;
  readonly profile: Profile;
  readonly environment: Environment;
}

const defaultAttempts = 8;

/**
 * Finds region and endpoint where the AWS CLI finds them: the environment, then the profile.
 * Throws STORAGE_INVALID for an endpoint that is no URL.
 */
export async function readSettings(bucket: string, environment: Environment): Promise<Settings> {
  const profile = await readProfile(environment);
  const region = given(environment['AWS_REGION'], environment['AWS_DEFAULT_REGION'], profile.get('region'));
  const custom = customEndpoint(environment, profile);
  const bundle = given(environment['AWS_CA_BUNDLE'], profile.get('ca_bundle'));
  const style = profile.get('s3.addressing_style') ?? 'auto';
  const attempts = Number(given(environment['AWS_MAX_ATTEMPTS'], profile.get('max_attempts')));
  return {
    region: region ?? 'us-east-1',
    endpoint: endpointUrl(custom ?? amazon(region ?? 'us-east-1')),
    isCustom: custom !== undefined,
    // A name with a dot is none of those that AWS's certificate is for.
    pathStyle: style === 'path' || (style !== 'virtual' && (custom !== undefined || !/^[a-z0-9-]+$/.test(bucket))),
    certificates: bundle === undefined ? undefined : await inPlace(bundle, () => readFile(bundle)),
    attempts: Number.isInteger(attempts) && attempts > 0 ? attempts : defaultAttempts,
    profile,
    environment,
  };
}

/** AWS's own server of a region. */
export function amazon(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** The first that is given, and not empty. */
export function given(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

function customEndpoint(environment: Environment, profile: Profile): string | undefined {
  if (environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined;
  return given(
    environment['AWS_ENDPOINT_URL_S3'],
    environment['AWS_ENDPOINT_URL'],
    profile.service('s3.endpoint_url'),
    profile.get('endpoint_url'),
  );
}

function endpointUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '') {
    return url;
  }
  throw new LockstepError('STORAGE_INVALID', {
    place: url ? `${url.protocol}//${url.host}` : 'the endpoint of S3',
    reason: 'an endpoint is a URL such as https://s3.example.com, without user and password',
  });
}

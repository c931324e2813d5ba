import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Credentials } from '#core/storage/s3/credentials.js';
import { CredentialCache, findCredentials } from '#core/storage/s3/credentials.js';
import { partSize, partsUnderWay } from '#core/storage/s3/part-size.js';
import { readProfile } from '#core/storage/s3/profile.js';
import { readSettings } from '#core/storage/s3/settings.js';
import { sha256, sign } from '#core/storage/s3/sign.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';

let folder: string;
let base: Record<string, string>;

beforeEach(async () => {
  folder = await temporaryFolder();
  base = {
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
});

const config = (text: string): Promise<void> => writeFile(join(folder, 'config'), text);
const secrets = (text: string): Promise<void> => writeFile(join(folder, 'credentials'), text);

async function find(environment: Record<string, string> = {}): Promise<Credentials> {
  const all = { ...base, ...environment };
  return findCredentials(all, await readProfile(all));
}

/** A server that answers each path with a text, and remembers what it was asked. */
async function answering(texts: Readonly<Record<string, string>>): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { authorization, 'x-aws-ec2-metadata-token': token } = incoming.headers;
    asked.push([incoming.method, incoming.url, authorization ?? token].join(' ').trim());
    const text = texts[incoming.url ?? ''];
    outgoing.writeHead(text === undefined ? 404 : 200).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, asked };
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
test("signs as in Amazon's example", () => {
  const signed = sign(
    {
      method: 'GET',
      host: 'examplebucket.s3.amazonaws.com',
      path: '/test.txt',
      query: {},
      headers: { range: 'bytes=0-9' },
      bodySha256: sha256(''),
    },
    { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    'us-east-1',
    new Date('2013-05-24T00:00:00Z'),
  );
  expect(signed['authorization']).toMatch(
    /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
  );
});

test('ten thousand parts hold terabytes, none is too small, and few are in memory', () => {
  let total = 0;
  for (let part = 1; part <= 10_000; part += 1) {
    const size = partSize(part);
    total += size;
    expect(size).toBeGreaterThanOrEqual(Math.max(5 * 2 ** 20, partSize(Math.max(1, part - 1))));
    expect(size).toBeLessThanOrEqual(5 * 2 ** 30);
    expect(size * partsUnderWay(size)).toBeLessThanOrEqual(Math.max(size, 32 * 2 ** 20));
  }
  expect(total).toBeGreaterThan(5 * 2 ** 40);
});

test('keys of the environment win over those of files', async () => {
  await secrets('[default]\naws_access_key_id = file\naws_secret_access_key = s = 1 \n');
  expect(await find()).toMatchObject({ accessKeyId: 'file', secretAccessKey: 's = 1' });
  const given = { AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 't' };
  expect(await find(given)).toMatchObject({ accessKeyId: 'own', secretAccessKey: 'x', sessionToken: 't' });
});

test('a profile is taken by its name', async () => {
  await config(
    '# comment\n[profile other]\nregion = eu-west-1\nservices = mine\ns3 =\n  addressing_style = virtual\n[services mine]\ns3 =\n  endpoint_url = https://s3.example.com\n',
  );
  await secrets('[other]\naws_access_key_id=a\naws_secret_access_key=b\n');
  const environment = { ...base, AWS_PROFILE: 'other' };
  expect(await find(environment)).toMatchObject({ accessKeyId: 'a' });
  const settings = await readSettings('bucket', environment);
  expect(settings).toMatchObject({ region: 'eu-west-1', isCustom: true, pathStyle: false });
  expect(settings.endpoint.href).toBe('https://s3.example.com/');
  await expect(find({ AWS_PROFILE: 'none' })).rejects.toMatchObject({ code: 'STORAGE_CREDENTIALS_MISSING' });
});

test('the address follows region, endpoint and bucket', async () => {
  const at = async (bucket: string, environment: Record<string, string>): Promise<unknown[]> => {
    const { endpoint, isCustom, pathStyle } = await readSettings(bucket, { ...base, ...environment });
    return [endpoint.origin, isCustom, pathStyle];
  };
  expect(await at('b-1', {})).toEqual(['https://s3.us-east-1.amazonaws.com', false, false]);
  expect(await at('b.1', { AWS_REGION: 'eu-central-1' })).toEqual([
    'https://s3.eu-central-1.amazonaws.com',
    false,
    true,
  ]);
  expect(await at('b', { AWS_DEFAULT_REGION: 'cn-north-1' })).toEqual([
    'https://s3.cn-north-1.amazonaws.com.cn',
    false,
    false,
  ]);
  const both = { AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b:90' };
  expect(await at('b', both)).toEqual(['http://b:90', true, true]);
  expect(await at('b', { ...both, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toMatchObject({ 1: false });
});

test('a command that the profile names gives keys, and its output is never told', async () => {
  const document = JSON.stringify({
    Version: 1,
    AccessKeyId: 'a',
    SecretAccessKey: 'b',
    SessionToken: 'c',
    Expiration: '2030-01-01T00:00:00Z',
  });
  await config(`[default]\ncredential_process = echo '${document}'\n`);
  expect(await find()).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 'b',
    sessionToken: 'c',
    expiresAt: new Date('2030-01-01'),
  });
  await config('[default]\ncredential_process = echo hidden; echo hidden >&2; exit 1 # \n');
  const error = await find().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'STORAGE_CREDENTIALS_MISSING' });
  expect(String(error)).toMatch(/credential_process fails \(exit code 1\)/);
  expect(String(error)).not.toMatch(/hidden/);
});

test('a container and an instance give keys', async () => {
  const keys = JSON.stringify({
    AccessKeyId: 'a',
    SecretAccessKey: 'b',
    Token: 'c',
    Expiration: '2030-01-01T00:00:00Z',
  });
  const roles = '/latest/meta-data/iam/security-credentials/';
  const server = await answering({
    '/keys': keys,
    '/latest/api/token': 'tok',
    [roles]: 'role\n',
    [`${roles}role`]: keys,
  });
  const container = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/keys`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'let me in',
  };
  expect(await find(container)).toMatchObject({ accessKeyId: 'a', sessionToken: 'c' });
  const instance = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url };
  expect(await find(instance)).toMatchObject({ accessKeyId: 'a', sessionToken: 'c' });
  expect(server.asked).toEqual([
    'GET /keys let me in',
    'PUT /latest/api/token',
    `GET ${roles} tok`,
    `GET ${roles}role tok`,
  ]);
});

test('a web identity gets the keys of a role', async () => {
  const answer =
    '<R><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></R>';
  const server = await answering({ '/': answer });
  const file = join(folder, 'token');
  await writeFile(file, 'identity\n');
  const environment = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: 'arn:x', AWS_ENDPOINT_URL_STS: server.url };
  expect(await find(environment)).toMatchObject({
    accessKeyId: 'a',
    sessionToken: 'c',
    expiresAt: new Date('2030-01-01'),
  });
});

test('keys are fetched again before they expire, and no sooner', async () => {
  let fetched = 0;
  const lifetimes = [60_000, 3_600_000];
  const cache = new CredentialCache(async () => {
    const expiresAt = new Date(Date.now() + (lifetimes[fetched] ?? 0));
    fetched += 1;
    return { accessKeyId: String(fetched), secretAccessKey: 'x', expiresAt };
  });
  expect((await cache.get()).accessKeyId).toBe('1');
  expect((await cache.get()).accessKeyId).toBe('2');
  expect((await cache.get()).accessKeyId).toBe('2');
  cache.forget();
  expect((await cache.get()).accessKeyId).toBe('3');
});

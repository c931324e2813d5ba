import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { Client } from '#core/storage/s3/client.js';
import { openBucket } from '#core/storage/s3/s3-storage.js';
import { readSettings } from '#core/storage/s3/settings.js';
import { abortStrays } from '#core/storage/s3/stray-uploads.js';
import type { Storage } from '#core/storage/storage.js';
import type { Fault, Proxy, SeenRequest } from '../../../../../tests/fixtures/s3-proxy.ts';
import { s3Proxy } from '../../../../../tests/fixtures/s3-proxy.ts';
import type { Bucket } from '../../../../../tests/fixtures/s3.ts';
import { describeS3, freshBucket, s3Environment } from '../../../../../tests/fixtures/s3.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';

const megabyte = 1024 * 1024;
const impatient = { milliseconds: 500, bytes: 16 * 1024 };

/** What a request is for. */
function kindOf({ method, url }: SeenRequest): string {
  if (method === 'POST') return url.includes('uploads') ? 'begin' : 'complete';
  if (method === 'DELETE') return url.includes('uploadId') ? 'abort' : 'remove';
  if (method === 'PUT') return url.includes('partNumber') ? 'part' : url.endsWith('.claim') ? 'claim' : 'put';
  return url.includes('list-type') || url.includes('uploads') ? 'list' : 'read';
}

const every = ['begin', 'claim', 'complete', 'list', 'part', 'put', 'read', 'remove'];
const withDocument = ['begin', 'complete', 'list', 'read'];
const statuses = [500, 503, 429, 502, 504];

/** What goes wrong with the nth request when it is first made, and the kinds of requests that it does harm to. */
const faults: readonly (readonly [string, (nth: number) => Fault, readonly string[]])[] = [
  ['a status that passes', (nth) => ({ status: statuses[nth % statuses.length] ?? 500 }), every],
  ['a connection cut at once', () => ({ cutRequest: 0 }), every],
  ['no answer, though it was done', () => ({ cutAnswer: 0 }), every],
  ['an answer that is cut', () => ({ cutAnswer: 10 }), withDocument],
  ['an answer that stands still', () => ({ stallAnswer: 10 }), withDocument],
];

describeS3('a server that misbehaves', () => {
  let bucket: Bucket;

  beforeAll(async () => {
    process.env['TMPDIR'] = await temporaryFolder();
  });

  beforeEach(async () => {
    bucket = await freshBucket();
  });

  const through = async (
    fault: (request: SeenRequest) => Fault | undefined,
    environment: Record<string, string> = {},
  ): Promise<{ storage: Storage; proxy: Proxy }> => {
    const proxy = await s3Proxy(fault);
    const all = { ...s3Environment(proxy.url), ...environment };
    return { storage: await openBucket({ bucket: bucket.name, prefix: '' }, all, impatient), proxy };
  };

  const clientOf = async (): Promise<Client> =>
    new Client(bucket.name, await readSettings(bucket.name, s3Environment()));

  const content = randomBytes(10 * megabyte);
  const write = async (storage: Storage): Promise<void> => {
    const sink = await storage.create('a.sql.zst');
    try {
      await sink.write(content);
      await sink.publish();
    } finally {
      await sink.abandon();
    }
  };

  test.each(faults)('is asked again after %s, whatever the request is', async (_, fault, kinds) => {
    let nth = 0;
    const { storage, proxy } = await through((request) => (request.before === 0 ? fault((nth += 1)) : undefined));
    await write(storage);
    await storage.put('note.json', content.subarray(0, 1000));
    expect((await storage.list()).map(({ name }) => name)).toEqual(['a.sql.zst', 'note.json']);
    const source = await storage.open('a.sql.zst');
    expect((await source.read(0, source.size)).equals(content)).toBe(true);
    await storage.remove('note.json');
    expect(await bucket.keys()).toEqual(['a.sql.zst']);
    // An upload whose beginning was never answered is left for the rule of two days.
    await abortStrays(await clientOf(), '', Date.now() + 49 * 3_600_000);
    expect(await bucket.uploads()).toEqual([]);
    const again = new Set(proxy.seen.filter(({ before }) => before > 0).map(kindOf));
    expect([...again]).toEqual(expect.arrayContaining([...kinds]));
  });

  test.each([
    ['a connection cut in the middle of a part', { cutRequest: megabyte }],
    ['damage on the way', { damage: true }],
    ['a part that is not taken', { stallRequest: true }],
  ] as const)('is sent the same again after %s', async (_, fault) => {
    const { storage, proxy } = await through((request) =>
      kindOf(request) === 'part' && request.before < 2 ? fault : undefined,
    );
    await write(storage);
    const source = await storage.open('a.sql.zst');
    expect((await source.read(0, source.size)).equals(content)).toBe(true);
    expect(proxy.seen.filter((one) => kindOf(one) === 'part' && one.before === 2)).toHaveLength(2);
  });

  test('that cuts every answer in the middle still brings every byte', async () => {
    await write((await through(() => undefined)).storage);
    const { storage } = await through((request) => (request.before < 3 ? { cutAnswer: 3 * megabyte } : undefined));
    const source = await storage.open('a.sql.zst');
    expect((await source.read(1, source.size - 1)).equals(content.subarray(1))).toBe(true);
  });

  test.each(['begin', 'part', 'claim', 'complete'])(
    'for good when asked to %s ends in an error, and nothing is published',
    async (kind) => {
      const { storage } = await through(
        (one) => (kindOf(one) === kind ? { status: 503, code: 'SlowDown' } : undefined),
        {
          AWS_MAX_ATTEMPTS: '2',
        },
      );
      const error = await write(storage).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', exit: 1 });
      expect(String(error)).toMatch(/503 SlowDown: It is busy/);
      expect([await bucket.keys(), await bucket.uploads()]).toEqual([[], []]);
    },
  );

  test('that crawls is given up in the end, by name', async () => {
    await write((await through(() => undefined)).storage);
    const { storage } = await through(({ before }) => (before === 1 ? { stallAnswer: 20_000 } : undefined), {
      AWS_MAX_ATTEMPTS: '1',
    });
    const source = await storage.open('a.sql.zst');
    const error = await source.read(megabyte, megabyte).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'STORAGE_UNREACHABLE', exit: 1 });
    expect(String(error)).toMatch(/standstill for 0.5 s/);
  });

  test('that breaks off while an upload is aborted is asked again', async () => {
    const { storage } = await through((one) =>
      kindOf(one) === 'abort' && one.before < 2 ? { cutRequest: 0 } : undefined,
    );
    const sink = await storage.create('a.sql.zst');
    await sink.write(content);
    await sink.abandon();
    expect([await bucket.keys(), await bucket.uploads()]).toEqual([[], []]);
  });

  test('that knows no conditions for uploads in parts is asked without one, under the claim', async () => {
    const { storage, proxy } = await through((one) =>
      kindOf(one) === 'complete' && one.before === 0 ? { status: 501, code: 'NotImplemented' } : undefined,
    );
    await write(storage);
    expect(proxy.seen.map(kindOf).filter((kind) => ['claim', 'complete', 'remove'].includes(kind))).toEqual([
      'claim',
      'complete',
      'complete',
      'remove',
    ]);
    expect(await bucket.keys()).toEqual(['a.sql.zst']);
  });
});

import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { openStorage } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import { runCli, spawnCli } from '../fixtures/cli.ts';
import { someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { s3Proxy } from '../fixtures/s3-proxy.ts';
import type { Bucket } from '../fixtures/s3.ts';
import { describeS3, freshBucket, s3Environment } from '../fixtures/s3.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

describeS3('a backup in S3', () => {
  let bucket: Bucket;
  let folder: string;
  let url: string;
  let place: string;
  let file: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    bucket = await freshBucket();
    folder = await temporaryFolder();
    ({ url } = await freshDatabase(someEngine()));
    place = `s3://${bucket.name}/catalog`;
    env = { ...s3Environment(), TMPDIR: await temporaryFolder() };
    await succeed(url, ['migrate'], { env });
    await succeed(url, ['sample', '--tables', '100'], { env });
    const taken = fieldsOf((await succeed(url, ['backup', '--to', place], { env }))['backup']);
    file = String(taken['file']);
  });

  it('is taken, shown, checked, listed and restored', async () => {
    expect(file).toMatch(new RegExp(`^${place}/catalog-.*\\.sql\\.zst$`));
    expect(await bucket.keys()).toEqual([file.slice(`s3://${bucket.name}/`.length)]);
    expect(await bucket.uploads()).toEqual([]);
    const source = await succeed(url, ['digest'], { env });
    for (const verb of ['show', 'verify']) {
      const { backup } = await succeed(url, [verb, file], { env });
      expect(fieldsOf(backup)).toMatchObject({ file, contentRoot: source['contentRoot'] });
    }
    const { backups } = await succeed(url, ['backups', '--to', place], { env });
    expect(backups).toMatchObject([{ file, damage: null }]);

    const { url: target } = await freshDatabase(someEngine());
    // By its bare name, from the place that the environment names.
    const name = file.slice(place.length + 1);
    const restored = await succeed(target, ['restore', name], { env: { ...env, LOCKSTEP_BACKUPS: place } });
    expect(restored['contentRoot']).toBe(source['contentRoot']);
    expect((await succeed(target, ['digest'], { env }))['contentRoot']).toBe(source['contentRoot']);
  });

  it('is described by its ends alone', async () => {
    const proxy = await s3Proxy();
    const remote = { env: { ...env, ...s3Environment(proxy.url) } };
    const { backup } = await succeed(url, ['show', file], remote);
    const size = Number(fieldsOf(backup)['bytes']);
    process.stdout.write(`show: ${proxy.sent()} bytes read of ${size}, ${proxy.seen.length} requests\n`);
    expect(proxy.sent()).toBeLessThan(size / 2);
  });

  it('is listed with a hundred others by a small part of each', async () => {
    const source = openStorage(folder);
    const many = `s3://${bucket.name}/many`;
    const copies = await succeed(url, ['backup', '--to', folder], { env });
    const { file: local } = fieldsOf(copies['backup']);
    const name = basename(String(local));
    const opened = await source.open(name);
    const content = (await opened.read(0, opened.size)).toString('latin1');
    await opened.close();
    const names = Array.from({ length: 100 }, (_, index) => name.replace(/\d{3}Z/, `${100 + index}Z`));
    for (const each of names) await bucket.call('PUT', `many/${each}`, {}, Buffer.from(content, 'latin1'));
    const proxy = await s3Proxy();
    const { backups } = await succeed(url, ['backups', '--to', many], { env: { ...env, ...s3Environment(proxy.url) } });
    expect(backups).toHaveLength(100);
    for (const each of Array.isArray(backups) ? backups : []) expect(each).toMatchObject({ damage: null });
    const size = content.length * 100;
    process.stdout.write(`backups: ${proxy.sent()} bytes read of ${size}, ${proxy.seen.length} requests\n`);
    expect(proxy.sent()).toBeLessThan(size / 4);
  });

  it('is refused with a wrong secret, by every verb', async () => {
    const options = { env: { ...env, AWS_SECRET_ACCESS_KEY: 'wrong-hidden' } };
    for (const args of [
      ['backup', '--to', place],
      ['backups', '--to', place],
      ['restore', file],
    ]) {
      const answer = await lockstep(url, args, options);
      expect([args[0], answer.error, answer.code]).toEqual([args[0], 'STORAGE_LOGIN_REFUSED', 1]);
      expect(JSON.stringify(answer)).not.toMatch(/hidden|TESTSECRET/);
    }
    expect(await bucket.uploads()).toEqual([]);
  });

  it.each([
    ['an unknown key', { AWS_ACCESS_KEY_ID: 'NOBODY' }, 'STORAGE_LOGIN_REFUSED', 1],
    ['no credentials', { AWS_ACCESS_KEY_ID: '' }, 'STORAGE_CREDENTIALS_MISSING', 2],
    ['an unknown profile', { AWS_PROFILE: 'none' }, 'STORAGE_CREDENTIALS_MISSING', 2],
    ['no server', { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 'STORAGE_UNREACHABLE', 1],
    ['no URL', { AWS_ENDPOINT_URL: 'https://me:hidden@host' }, 'STORAGE_INVALID', 2],
  ])('is refused with %s', async (_, wrong, code, exit) => {
    const answer = await lockstep(url, ['show', file], { env: { ...env, ...wrong } });
    expect([answer.error, answer.code]).toEqual([code, exit]);
    expect(JSON.stringify(answer)).not.toMatch(/hidden|TESTSECRET/);
  });

  it('is refused where there is no such bucket, or no such file', async () => {
    const other = `s3://${bucket.name}x/catalog`;
    expect(await lockstep(url, ['backup', '--to', other], { env })).toMatchObject({ error: 'BUCKET_MISSING', code: 1 });
    expect(await lockstep(url, ['show', `${place}/a.sql.zst`], { env })).toMatchObject({
      error: 'BACKUP_MISSING',
      code: 2,
    });
  });

  it('is refused where a right is missing, which is named', async () => {
    const closed = await freshBucket();
    const resource = [`arn:aws:s3:::${closed.name}`, `arn:aws:s3:::${closed.name}/*`];
    const denied = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: resource };
    await closed.call('PUT', '', { policy: '' }, JSON.stringify({ Version: '2012-10-17', Statement: [denied] }));
    const answer = await lockstep(url, ['backup', '--to', `s3://${closed.name}`], { env });
    expect(answer).toMatchObject({ error: 'STORAGE_FORBIDDEN', code: 1 });
    expect(answer.stderr).toMatch(/begin an upload/);
  });

  it('that is stopped by Ctrl-C leaves nothing behind', async () => {
    const running = spawnCli(['--database-url', url, 'backup', '--to', `${place}/stopped`], {
      env: { ...env, LOCKSTEP_HOLD_AT: 'backup:data:3' },
    });
    await until(async () => running.output().stderr.includes('holding at'));
    expect(await bucket.uploads()).toHaveLength(1);
    running.kill('SIGINT');
    running.kill('SIGUSR2');
    expect(await running.ended).toMatchObject({ code: 5 });
    expect(await bucket.uploads()).toEqual([]);
    expect(await readdir(env['TMPDIR'] ?? '')).toEqual([]);
  });

  it('that is killed leaves an upload, which the next one aborts', async () => {
    const running = spawnCli(['--database-url', url, 'backup', '--to', `${place}/killed`], {
      env: { ...env, LOCKSTEP_HOLD_AT: 'backup:finish' },
    });
    await until(async () => running.output().stderr.includes('holding at'));
    running.kill();
    await running.ended;
    expect(await bucket.uploads()).toHaveLength(1);
    await succeed(url, ['backup', '--to', `${place}/killed`], { env });
    expect(await bucket.uploads()).toEqual([]);
    const kept = (await bucket.keys()).filter((key) => key.startsWith('catalog/killed/'));
    expect(kept).toHaveLength(1);
    await succeed(url, ['verify', `s3://${bucket.name}/${kept[0] ?? ''}`], { env });
  });

  it('is found by other verbs where the place is configured', async () => {
    const answer = await runCli(['--database-url', url, 'info', '--json'], {
      env: { ...env, LOCKSTEP_BACKUPS: place },
    });
    expect(JSON.parse(answer.stdout)).toMatchObject({ backups: [{ file }] });
  });
});

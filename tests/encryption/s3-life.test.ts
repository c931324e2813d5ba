import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { spawnCli } from '../fixtures/cli.ts';
import { someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import type { Bucket } from '../fixtures/s3.ts';
import { describeS3, freshBucket, s3Environment } from '../fixtures/s3.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { prints, startServer } from '../start/serving.ts';
import type { Key } from './key.ts';
import { key } from './key.ts';

describeS3('encrypted backups in S3', () => {
  let cwd: string;
  let url: string;
  let mine: Key;
  let bucket: Bucket;
  let place: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    cwd = await temporaryFolder();
    mine = await key(cwd, 'mine');
    bucket = await freshBucket();
    place = `s3://${bucket.name}/catalog`;
    env = { ...s3Environment(), LOCKSTEP_ENCRYPT_TO: mine.recipient, LOCKSTEP_BACKUPS: place };
    ({ url } = await freshDatabase(someEngine()));
    await succeed(url, ['migrate', '--to', '1.0.0']);
    await succeed(url, ['sample', '--tables', '30']);
  });

  /** What is in the bucket, by the ends of the names behind those of the backups. */
  const ends = async (): Promise<string[]> =>
    (await bucket.keys()).map((name) => name.replace(/^.*\.sql\.zst/, '')).toSorted();
  const take = async (): Promise<string> =>
    String(fieldsOf((await succeed(url, ['backup'], { env }))['backup'])['file']);
  const identity = (): string[] => ['--identity', mine.file];
  /** Lets a server with a schedule work until it has said this. */
  const bySchedule = async (text: string): Promise<void> => {
    const schedule = { cron: '0 0 1 1 *', prove: true };
    const backups = { to: place, encryptTo: [mine.recipient], identity: mine.file, schedule, keep: { last: 1 } };
    await writeFile(join(cwd, 'lockstep.config.json'), JSON.stringify({ backups }));
    await succeed(url, ['migrate']);
    const server = startServer(url, { cwd, env: s3Environment() });
    await prints(server, text);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  };

  it('carry an upgrade that is killed, and lead back', async () => {
    const before = await succeed(url, ['digest']);
    expect(await lockstep(url, ['upgrade'], { env })).toMatchObject({ code: 3, error: 'KEY_MISSING' });
    expect(await bucket.keys()).toEqual([]);
    const upgrade = ['upgrade', '--backup-to', `${place}/upgrades`, ...identity()];
    const running = spawnCli(['--database-url', url, ...upgrade], {
      env: { ...env, LOCKSTEP_HOLD_AT: 'upgrade:saved' },
    });
    await prints(running, 'holding at');
    running.kill();
    await running.ended;
    expect(await ends()).toEqual(['.age', '.age.json']);
    const [name = ''] = await bucket.keys();
    expect((await bucket.call('GET', name)).slice(0, 22)).toBe('age-encryption.org/v1\n');

    // Another one is newer by its name and sidecar, which is all that a host without the key can tell.
    const newer = name.replace(/\d{8}T\d{9}Z/, '29990101T000000000Z');
    const sidecar = JSON.parse(await bucket.call('GET', `${name}.json`));
    const text = JSON.stringify({ ...sidecar, takenAt: '2999-01-01T00:00:00.000Z' });
    await bucket.call('PUT', newer, {}, Buffer.alloc(Number(sidecar.bytes)));
    await bucket.call('PUT', `${newer}.json`, {}, text);
    const prune = ['prune', '--to', `${place}/upgrades`, '--keep-last', '1'];
    expect(await succeed(url, prune, { env })).toMatchObject({ removed: [] });

    expect(await lockstep(url, upgrade.slice(0, 3), { env })).toMatchObject({ code: 3, error: 'FILE_ENCRYPTED' });
    expect(await succeed(url, upgrade, { env })).toMatchObject({
      from: '1.0.0',
      backup: { contentRoot: before['contentRoot'] },
      comparison: { undeclared: [] },
    });
    const target = await freshDatabase(someEngine());
    await succeed(target.url, ['restore', `s3://${bucket.name}/${name}`, ...identity()], { env });
    expect(await succeed(target.url, ['digest'])).toEqual(before);
  });

  it('are proven with the key, and pruned without it', async () => {
    const proven = await take();
    await succeed(url, ['verify', proven, '--restore', ...identity()], { env });
    const [old, newest] = [await take(), await take()];
    const result = await succeed(url, ['prune', '--keep-last', '1'], { env });
    expect(result).toMatchObject({ kept: [{ file: newest }, { file: proven }], removed: [{ file: old }] });
    expect(await ends()).toEqual(['.age', '.age', '.age.json', '.age.json', '.age.proof.json']);
    expect(await succeed(url, ['backups', '--check', '--proven'], { env })).toMatchObject({
      check: { problems: [] },
    });
  });

  it('are taken and proven by the schedule', async () => {
    await bySchedule('Took the backup');
    expect(await ends()).toEqual(['.age', '.age.json', '.age.proof.json']);
  });

  it('are proven and pruned by the schedule where somebody has taken them', async () => {
    const [, newest] = [await take(), await take()];
    await bySchedule('There is a backup already');
    expect(await ends()).toEqual(['.age', '.age.json', '.age.proof.json']);
    const { backups } = await succeed(url, ['backups'], { env });
    expect(backups).toMatchObject([{ file: newest, encrypted: true, proven: {} }]);
  });
});

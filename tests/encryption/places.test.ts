import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { describeS3, freshBucket, s3Environment } from '../fixtures/s3.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { tool } from '../fixtures/tools.ts';
import type { Key } from './key.ts';
import { key } from './key.ts';

let folder: string;
let url: string;
let mine: Key;

beforeAll(async () => {
  folder = await temporaryFolder();
  mine = await key(folder, 'mine');
  ({ url } = await freshDatabase(someEngine()));
  await succeed(url, ['migrate']);
  await succeed(url, ['sample', '--tables', '100']);
});

describeS3('an encrypted backup in S3', () => {
  it('is listed and checked without its key, and restored with it', async () => {
    const bucket = await freshBucket();
    const place = `s3://${bucket.name}/catalog`;
    const env = s3Environment();
    const identity = ['--identity', mine.file];
    const taken = await succeed(url, ['backup', '--to', place, '--encrypt-to', mine.recipient], { env });
    const file = String(fieldsOf(taken['backup'])['file']);
    const inBucket = file.slice(`s3://${bucket.name}/`.length);
    expect((await bucket.keys()).toSorted((a, b) => a.length - b.length)).toEqual([inBucket, `${inBucket}.json`]);

    const { backups } = await succeed(url, ['backups', '--to', place], { env });
    expect(backups).toMatchObject([{ file, encrypted: true, damage: null }]);
    expect(await succeed(url, ['verify', file], { env })).toMatchObject({ checked: 'encrypted bytes' });

    const { url: target } = await freshDatabase(someEngine());
    expect(await lockstep(target, ['restore', file], { env })).toMatchObject({ code: 3, error: 'FILE_ENCRYPTED' });
    await succeed(target, ['restore', file, ...identity], { env });
    expect(await succeed(target, ['digest'])).toEqual(await succeed(url, ['digest']));

    // What a killed writer leaves, or somebody who copies one file of two.
    await bucket.call('DELETE', `${inBucket}.json`);
    const without = await succeed(url, ['backups', '--to', place], { env });
    expect(without['backups']).toMatchObject([{ damage: expect.stringContaining('no sidecar') }]);
  });
});

it('is written to stdout without a sidecar, and read from there', async () => {
  const command = join(import.meta.dirname, '../../packages/cli/bin/lockstep.js');
  const env = {
    lockstep: `${process.execPath} ${command} --database-url ${url}`,
    to: mine.recipient,
    key: mine.file,
    age: tool('age'),
    zstd: tool('zstd'),
  };
  const cwd = await temporaryFolder();
  const line = `$lockstep backup --to - --encrypt-to $to > a.sql.zst.age
    $lockstep verify - --identity $key < a.sql.zst.age
    $age -d -i $key a.sql.zst.age | $zstd -dc | grep -c ^COPY`;
  const outcome = await runProgram('bash', ['-euo', 'pipefail', '-c', line], { cwd, env });
  expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('Every byte is as it was written.') });
  expect(await readdir(cwd)).toEqual(['a.sql.zst.age']);
});

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { spawnCli } from '../fixtures/cli.ts';
import { clientOf } from '../fixtures/client.ts';
import { describeEachEngine, someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { tool } from '../fixtures/tools.ts';
import { until } from '../fixtures/until.ts';
import type { Key } from './key.ts';
import { key, run } from './key.ts';

async function backupOf(database: FreshDatabase, args: readonly string[]): Promise<string> {
  const { backup } = await succeed(database.url, ['backup', '--to', await temporaryFolder(), ...args]);
  return String(fieldsOf(backup)['file']);
}

describeEachEngine('an encrypted backup', (engine) => {
  let source: FreshDatabase;
  let digest: Readonly<Record<string, unknown>>;
  let mine: Key;
  let yours: Key;
  let file: string;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    mine = await key(folder, 'mine');
    yours = await key(folder, 'yours');
    source = await freshDatabase(engine);
    await succeed(source.url, ['migrate']);
    await succeed(source.url, ['sample', '--tables', '60']);
    digest = await succeed(source.url, ['digest']);
    file = await backupOf(source, ['--encrypt-to', mine.recipient, '--encrypt-to', yours.recipient]);
  });

  it('is restored by any of its keys', async () => {
    const target = await freshDatabase(engine);
    const before = await lockstep(target.url, ['info']);
    expect(await lockstep(target.url, ['restore', file])).toMatchObject({ code: 3, error: 'FILE_ENCRYPTED' });
    expect((await lockstep(target.url, ['info'])).json).toEqual(before.json);
    await succeed(target.url, ['restore', file, '--identity', yours.file]);
    expect(await succeed(target.url, ['digest'])).toEqual(digest);
  });

  it('that the stock program has made of a backup is restored', async () => {
    const plain = await backupOf(source, []);
    const encrypted = `${plain}.age`;
    await run(tool('age'), ['-r', mine.recipient, '-o', encrypted, plain]);
    const target = await freshDatabase(engine);
    await succeed(target.url, ['restore', encrypted, '--identity', mine.file]);
    expect(await succeed(target.url, ['digest'])).toEqual(digest);
  });

  if (engine.programs === undefined) return;

  it('is opened and loaded by the stock programs', async () => {
    const target = await freshDatabase(engine);
    const { program, args } = clientOf(target);
    const lenient = args.filter((arg) => arg !== '-v' && arg !== 'ON_ERROR_STOP=1');
    const pipe = 'set -o pipefail; "$0" -d -i "$1" "$2" | "$3" -dc | "${@:4}"';
    await run('bash', ['-c', pipe, tool('age'), mine.file, file, tool('zstd'), program, ...lenient]);
    expect(await succeed(target.url, ['digest'])).toEqual(digest);
  });
});

describe('a key', () => {
  let folder: string;
  let source: FreshDatabase;
  let mine: Key;

  beforeAll(async () => {
    folder = await temporaryFolder();
    mine = await key(folder, 'mine');
    source = await freshDatabase(someEngine());
    await succeed(source.url, ['migrate', '--to', '1.0.0']);
    await succeed(source.url, ['sample', '--tables', '30']);
  });

  it('says without a key what it has checked, and what it has not', async () => {
    const file = await backupOf(source, ['--encrypt-to', mine.recipient]);
    const verified = await succeed(source.url, ['verify', file]);
    expect(verified).toMatchObject({
      checked: 'encrypted bytes',
      backup: { file, product: 'catalog', release: '1.0.0', recipients: 1 },
    });
    expect(JSON.stringify(verified)).not.toContain('tables');
    expect(await succeed(source.url, ['verify', file, '--identity', mine.file])).toMatchObject({
      checked: 'everything',
      backup: { rows: expect.any(Number) },
    });
    expect(await succeed(source.url, ['show', file])).toMatchObject({ backup: { release: '1.0.0' }, manifest: null });
    expect(await succeed(source.url, ['show', file, '--identity', mine.file])).toMatchObject({
      manifest: { release: '1.0.0' },
    });

    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const damaged = join(folder, 'damaged.sql.zst.age');
    await writeFile(damaged, bytes);
    await writeFile(`${damaged}.json`, await readFile(`${file}.json`));
    for (const args of [[], ['--identity', mine.file]]) {
      expect(await lockstep(source.url, ['verify', damaged, ...args])).toMatchObject({
        code: 4,
        error: 'FILE_DAMAGED',
      });
    }
    const target = await freshDatabase(someEngine());
    const restore = ['restore', damaged, '--identity', mine.file];
    expect(await lockstep(target.url, restore)).toMatchObject({ code: 3, error: 'FILE_DAMAGED' });
    expect((await lockstep(target.url, ['info'])).json).toMatchObject({ phase: 'none' });
  });

  it('takes recipients and keys from flags, environment and configuration', async () => {
    const other = await key(folder, 'other');
    const list = join(folder, 'recipients.txt');
    await writeFile(list, `# people\n${mine.recipient}\n\n${other.recipient}\n`);
    const to = await temporaryFolder();
    const take = ['backup', '--to', to];
    await succeed(source.url, [...take, '--encrypt-to-file', list]);
    await succeed(source.url, take, { env: { LOCKSTEP_ENCRYPT_TO: `${mine.recipient}, ${other.recipient}` } });
    await succeed(source.url, [...take, '--no-encrypt'], { env: { LOCKSTEP_ENCRYPT_TO_FILE: list } });
    const files = (await readdir(to)).filter((name) => !name.endsWith('.json')).map((name) => join(to, name));
    expect(files.filter((name) => name.endsWith('.age'))).toHaveLength(2);
    expect(files).toHaveLength(3);
    for (const name of files) {
      const env = { LOCKSTEP_IDENTITY_FILE: name.endsWith('.age') ? other.file : '' };
      expect(await succeed(source.url, ['verify', name], { env })).toMatchObject({ checked: 'everything' });
    }
    const { backups } = await succeed(source.url, ['backups', '--to', to, '--identity', mine.file]);
    expect(backups).toMatchObject([{ damage: null }, { damage: null }, { damage: null }]);
  });

  it('takes what a configuration says', async () => {
    const work = await temporaryFolder();
    await run('cp', ['-r', join(import.meta.dirname, '../../packages/catalog/migrations'), work]);
    await writeFile(join(work, 'mine.txt'), await readFile(mine.file));
    const backups = { to: './b', encryptTo: [mine.recipient], identity: './mine.txt' };
    const config = { name: 'catalog', version: '1.2.0', migrations: './migrations', backups };
    await writeFile(join(work, 'lockstep.config.json'), JSON.stringify(config));
    const { backup } = await succeed(source.url, ['backup'], { cwd: work });
    const { file } = fieldsOf(backup);
    expect(String(file)).toMatch(/\.sql\.zst\.age$/);
    expect(await succeed(source.url, ['verify', String(file)], { cwd: work })).toMatchObject({ checked: 'everything' });
  });

  it('encrypts with a passphrase, which no output shows', async () => {
    const secret = 'correct horse battery staple';
    const passphrase = join(folder, 'passphrase');
    await writeFile(passphrase, `${secret}\n`);
    const to = await temporaryFolder();
    const taken = await lockstep(source.url, ['backup', '--to', to, '--encrypt-passphrase-file', passphrase]);
    const file = String(fieldsOf(taken.json['backup'])['file']);
    const opened = await lockstep(source.url, ['verify', file], { env: { LOCKSTEP_PASSPHRASE: secret } });
    const wrong = await lockstep(source.url, ['verify', file], { env: { LOCKSTEP_PASSPHRASE: 'battery' } });
    const both = ['backup', '--to', to, '--encrypt-passphrase-file', passphrase, '--encrypt-to', mine.recipient];
    const refused = await lockstep(source.url, both);
    expect([taken.code, opened.json['checked'], wrong.error, refused.error]).toEqual([
      0,
      'everything',
      'KEY_WRONG',
      'USAGE',
    ]);
    for (const answer of [taken, opened, wrong, refused]) expect(JSON.stringify(answer)).not.toContain('horse');
  });

  it.each([
    [['--encrypt-to', ''], 'RECIPIENT_INVALID'],
    [['--encrypt-to-file', ''], 'USAGE'],
    [['--encrypt-passphrase-file', ''], 'USAGE'],
    [['--encrypt-to', 'age1nonsense'], 'RECIPIENT_INVALID'],
  ])('takes no backup in clear because of %j', async (args, error) => {
    const to = await temporaryFolder();
    expect(await lockstep(source.url, ['backup', '--to', to, ...args])).toMatchObject({ code: 2, error });
    expect(await readdir(to)).toEqual([]);
  });

  it('is read from stdin with its key', async () => {
    const input = await readFile(await backupOf(source, ['--encrypt-to', mine.recipient]));
    expect(await lockstep(source.url, ['verify', '-'], { input })).toMatchObject({ code: 2, error: 'USAGE' });
    expect(await succeed(source.url, ['verify', '-', '--identity', mine.file], { input })).toMatchObject({
      checked: 'everything',
    });
  });

  it('is what a starting server takes, which needs the key to read it back', async () => {
    const to = await temporaryFolder();
    const serve = [
      '--database-url',
      source.url,
      'serve',
      '--port',
      '0',
      '--backup-to',
      to,
      '--encrypt-to',
      mine.recipient,
    ];
    const refused = await spawnCli(serve).ended;
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('KEY_MISSING') });
    expect(await succeed(source.url, ['info'])).toMatchObject({ phase: 'ready', release: { database: '1.0.0' } });
    const server = spawnCli([...serve, '--identity', mine.file]);
    let ended = false;
    void server.ended.then(() => (ended = true));
    await until(
      () => ended || server.output().stderr.includes('serves on'),
      () => server.output().stderr,
    );
    server.kill('SIGTERM');
    expect((await server.ended).stderr).toContain('serves on');
    const { backups } = await succeed(source.url, ['backups', '--to', to]);
    expect(backups).toMatchObject([{ release: '1.0.0', encrypted: true, damage: null }]);
  });
});

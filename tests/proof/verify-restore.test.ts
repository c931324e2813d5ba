import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killAt } from '../crash/kill.ts';
import { runCli, spawnCli } from '../fixtures/cli.ts';
import { describeEachEngine, engines } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';
import { scratchesOf } from './scratch.ts';

describeEachEngine('verify --restore', (engine) => {
  it('proves a backup, whatever it is interrupted by, and leaves nothing behind', { timeout: 300_000 }, async () => {
    const { url } = await freshDatabase(engine);
    const folder = await temporaryFolder();
    const temporary = await temporaryFolder();
    const env = { TMPDIR: temporary };
    await succeed(url, ['migrate', '--to', '1.0.0']);
    await succeed(url, ['sample', '--tables', '20']);
    const made = fieldsOf((await succeed(url, ['backup', '--to', folder]))['backup']);
    const file = String(made['file']);
    const before = await succeed(url, ['digest']);

    // Ctrl-C.
    const stopped = spawnCli(['--database-url', url, 'verify', file, '--restore'], {
      env: { ...env, LOCKSTEP_HOLD_AT: 'restore:load' },
    });
    await until(() => stopped.output().stderr.includes('holding at'));
    expect(await scratchesOf(engine, file, temporary)).toHaveLength(1);
    process.kill(stopped.pid, 'SIGINT');
    process.kill(stopped.pid, 'SIGUSR2');
    expect(await stopped.ended).toMatchObject({ code: 5, stderr: expect.stringContaining('INTERRUPTED') });
    expect(await scratchesOf(engine, file, temporary)).toEqual([]);
    expect(existsSync(`${file}.proof.json`)).toBe(false);

    // kill -9: the next run finds what is left. On a shared server that may be another test's.
    await killAt({ url, args: ['verify', file, '--restore'], env }, { phase: 'restore:compare', occurrence: 1 });
    const outcome = await lockstep(url, ['verify', file, '--restore'], { env });
    expect(outcome).toMatchObject({ code: 0, json: { proof: { result: 'proven', reason: null } } });
    await until(async () => {
      // The server may not have noticed the death of the client when the run began.
      if ((await scratchesOf(engine, file, temporary)).length === 0) return true;
      await succeed(url, ['verify', file, '--restore'], { env });
      return false;
    });

    expect(await succeed(url, ['digest'])).toEqual(before);
    const { proof } = outcome.json;
    expect(JSON.parse(readFileSync(`${file}.proof.json`, 'utf8'))).toEqual(proof);
    const { at, by, engine: where, tool } = fieldsOf(proof);
    expect(by).toMatch(/^.+@.+$/);
    expect(await succeed(url, ['backups', '--to', folder])).toMatchObject({
      backups: [{ file, proven: { at, by, engine: where, tool }, damage: null }],
    });
    expect((await runCli(['show', file])).stdout).toContain(`restored and compared on`);
  });
});

describeEachEngine(
  'verify --restore of a backup that is bad',
  (engine) => {
    it('is recorded as failed, and shown', { timeout: 120_000 }, async () => {
      const { url } = await freshDatabase(engine);
      const folder = await temporaryFolder();
      await succeed(url, ['migrate']);
      await succeed(url, ['sample', '--tables', '20']);
      const file = String(fieldsOf((await succeed(url, ['backup', '--to', folder]))['backup'])['file']);
      await succeed(url, ['verify', file, '--restore']);

      const whole = readFileSync(file);
      const bytes = Buffer.from(whole);
      const middle = Math.floor(bytes.length / 2);
      bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
      writeFileSync(file, bytes);
      expect(await lockstep(url, ['verify', file, '--restore'])).toMatchObject({
        code: 4,
        ok: false,
        json: { proof: { result: 'failed', reason: expect.stringContaining('damaged') } },
      });
      expect(await succeed(url, ['backups', '--to', folder])).toMatchObject({
        backups: [{ file, proven: null, damage: expect.stringContaining('its restore failed on') }],
      });
      expect((await runCli(['show', file])).stdout).toContain('FAILED on');
      expect(await lockstep(url, ['backups', '--to', folder, '--check'])).toMatchObject({ code: 4 });

      // A proof counts for its own file only: another one under the name has none.
      const other = String(fieldsOf((await succeed(url, ['backup', '--to', folder]))['backup'])['file']);
      writeFileSync(file, whole);
      await succeed(url, ['verify', file, '--restore']);
      await rename(other, file);
      expect(await succeed(url, ['backups', '--to', folder])).toMatchObject({
        backups: [{ file, proven: null, damage: null }],
      });
    });

    it('says nothing about the backup where the code does not fit', { timeout: 60_000 }, async () => {
      const { url } = await freshDatabase(engine);
      const folder = await temporaryFolder();
      await succeed(url, ['migrate']);
      const file = String(fieldsOf((await succeed(url, ['backup', '--to', folder]))['backup'])['file']);
      const config = join(await temporaryFolder(), 'lockstep.config.json');
      writeFileSync(config, JSON.stringify({ name: 'other', version: '1.0.0', migrations: '.' }));
      const refused = await lockstep(url, ['verify', file, '--restore', '--config', config]);
      expect(refused).toMatchObject({ code: 3, error: 'BACKUP_OTHER_PRODUCT' });
      expect(existsSync(`${file}.proof.json`)).toBe(false);
    });

    it('can use another server', { timeout: 120_000 }, async () => {
      const { url } = await freshDatabase(engine);
      const folder = await temporaryFolder();
      await succeed(url, ['migrate']);
      const file = String(fieldsOf((await succeed(url, ['backup', '--to', folder]))['backup'])['file']);
      const elsewhere = engines.find(({ family, name }) => family === 'postgres' && name !== engine.name) ?? engine;
      const { url: scratch } = await freshDatabase(elsewhere);
      const proven = await succeed(url, ['verify', file, '--restore', '--scratch-url', scratch]);
      expect(fieldsOf(fieldsOf(proven)['proof'])['engine']).toMatch(
        elsewhere.url === undefined ? /^PGlite/ : /^Postgres/,
      );
      expect((await succeed(scratch, ['info']))['phase']).toBe('none');
    });
  },
  (engine) => engine.name === 'postgres15',
);

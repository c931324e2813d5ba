import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { schemaDump } from '../fixtures/schema-dump.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** Documents of tables in the database. CI takes 20,000 of them once more, some 100 MB. */
const tables = process.env['LIFE_CYCLE_TABLES'] ?? '200';

describeEachEngine('the life cycle', (engine) => {
  let old: FreshDatabase;
  let folder: string;
  let file: string;
  let before: Readonly<Record<string, unknown>>;

  it('migrates to 1.0.0 and gets data', { timeout: 600_000 }, async () => {
    old = await freshDatabase(engine);
    folder = await temporaryFolder();
    const migrated = await succeed(old.url, ['migrate', '--to', '1.0.0']);
    expect(migrated).toMatchObject({ from: null, to: '1.0.0' });
    await succeed(old.url, ['sample', '--tables', tables]);
    before = await succeed(old.url, ['digest']);
    const info = await succeed(old.url, ['info']);
    expect(info).toMatchObject({
      phase: 'ready',
      release: { database: '1.0.0' },
      shape: { drifted: false },
      leases: [],
    });
  });

  it('backs up what the database holds, verified', { timeout: 600_000 }, async () => {
    const { backup } = await succeed(old.url, ['backup', '--to', join(folder, 'backups')]);
    const fields = fieldsOf(backup);
    file = String(fields['file']);
    expect(fields['contentRoot']).toBe(before['contentRoot']);
    expect(fields['tables']).toEqual(before['tables']);
    const verified = await succeed(old.url, ['verify', file]);
    expect(fieldsOf(verified['backup'])).toEqual(fields);
  });

  it('restores the same database', { timeout: 600_000 }, async () => {
    const target = await freshDatabase(engine);
    const restored = await succeed(target.url, ['restore', file]);
    expect(restored['contentRoot']).toBe(before['contentRoot']);
    const after = await succeed(target.url, ['digest']);
    expect(after).toEqual(before);
    expect(await schemaDump(target)).toBe(await schemaDump(old));
    const again = await succeed(target.url, ['backup', '--to', join(folder, 'again')]);
    expect(fieldsOf(again['backup'])['contentRoot']).toBe(before['contentRoot']);
    await target.drop();
  });

  it('upgrades to 1.2.0, proves that nothing was lost, and refuses the old backup', { timeout: 600_000 }, async () => {
    const upgraded = await succeed(old.url, ['upgrade', '--backup-to', join(folder, 'upgrade')]);
    expect(upgraded).toMatchObject({ from: '1.0.0', to: '1.2.0' });
    expect(fieldsOf(upgraded['comparison'])['undeclared']).toEqual([]);
    const now = await succeed(old.url, ['digest']);
    const refused = await lockstep(old.url, ['restore', file]);
    expect(refused).toMatchObject({ code: 3, error: 'BACKUP_OTHER_RELEASE' });
    expect(await succeed(old.url, ['digest'])).toEqual(now);
  });

  it('carries the old backup forward to the same content', { timeout: 600_000 }, async () => {
    const target = await freshDatabase(engine);
    const restored = await succeed(target.url, ['restore', file, '--upgrade']);
    expect(restored).toMatchObject({ release: '1.0.0', upgradedTo: '1.2.0' });
    const upgraded = await succeed(old.url, ['digest']);
    const carried = await succeed(target.url, ['digest']);
    expect(carried).toEqual(upgraded);
    expect(await succeed(target.url, ['validate'])).toMatchObject({ release: '1.2.0', drifted: false });
  });
});

import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import { describeEachVersion } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { schemaDump } from '../fixtures/schema-dump.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { zooProduct } from './zoo-product.ts';

/** Tables with rows that the planner knows nothing of. Partitioned ones have no rows of their own. */
const neverAnalyzed = `SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND reltuples < 0
  AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND relname NOT SIMILAR TO '(lockstep|flyway)%'`;

describeEachVersion('the zoo', (engine) => {
  let cwd: string;
  let source: FreshDatabase;
  beforeAll(async () => {
    cwd = await zooProduct(engine);
    source = await freshDatabase(engine);
    await succeed(source.url, ['release', '1.0.0'], { cwd });
    await succeed(source.url, ['migrate'], { cwd });
    expect(await succeed(source.url, ['info'], { cwd })).toMatchObject({ phase: 'ready', shape: { drifted: false } });
  }, 120_000);

  it('is the same after a backup and a restore', async () => {
    // Several connections, and one: an embedded database has no more.
    const jobs = engine.url === undefined ? '1' : '4';
    const folder = await temporaryFolder();
    const { backup } = await succeed(source.url, ['backup', '--to', folder, '--jobs', jobs], { cwd });
    const first = fieldsOf(backup);
    const target = await freshDatabase(engine);
    const restored = await succeed(target.url, ['restore', String(first['file']), '--jobs', jobs], { cwd });
    expect(restored['contentRoot']).toBe(first['contentRoot']);
    const second = fieldsOf(
      (await succeed(target.url, ['backup', '--to', join(folder, 'again'), '--jobs', jobs], { cwd }))['backup'],
    );
    expect(second['contentRoot']).toBe(first['contentRoot']);
    expect(second['tables']).toEqual(first['tables']);
    expect(await succeed(target.url, ['digest'], { cwd })).toEqual(await succeed(source.url, ['digest'], { cwd }));
    if (engine.family === 'postgres') expect(await runSql(target, neverAnalyzed)).toBe('');
    expect((await schemaDump(target)).split('\n')).toEqual((await schemaDump(source)).split('\n'));
  }, 120_000);
});

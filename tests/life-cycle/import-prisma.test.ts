import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { lockstep, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const first = 'CREATE TABLE shop (id INTEGER NOT NULL, PRIMARY KEY (id));\n';
const second = 'ALTER TABLE shop ADD COLUMN owner TEXT;\n';

/** A project as Prisma Migrate leaves it, with a configuration of Lockstep's. */
async function project(provider: string): Promise<string> {
  const folder = await temporaryFolder();
  const files = {
    'prisma/migrations/20240101000000_init/migration.sql': first,
    'prisma/migrations/20240201000000_owner/migration.sql': second,
    'prisma/migrations/migration_lock.toml': `provider = "${provider}"\n`,
    'lockstep.config.json': JSON.stringify({
      name: 'shop',
      version: '1.0.0',
      migrations: 'migrations',
      schemas: ['public'],
    }),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

describeEachEngine(
  'lockstep import prisma, by command line',
  (engine) => {
    const provider = engine.family === 'postgres' ? 'postgresql' : 'mysql';

    it('makes migrations of the folder, which then run', async () => {
      const { url } = await freshDatabase(engine);
      const cwd = await project(provider);
      const found = await succeed(url, ['import', 'prisma', 'prisma/migrations'], { cwd });
      expect(found).toMatchObject({
        files: ['V20240101000000__init.sql', 'V20240201000000__owner.sql', expect.any(String)],
      });
      await succeed(url, ['migrate'], { cwd });
      expect(await succeed(url, ['validate'], { cwd })).toMatchObject({ drifted: false });
    });

    it('changes nothing where the folder is of another family, or the database has a history', async () => {
      const fresh = await freshDatabase(engine);
      const other = await project(provider === 'mysql' ? 'postgresql' : 'mysql');
      const refused = await lockstep(fresh.url, ['import', 'prisma', 'prisma/migrations'], { cwd: other });
      expect([refused.code, refused.error]).toEqual([3, 'IMPORT_REFUSED']);
      const cwd = await project(provider);
      await succeed(fresh.url, ['import', 'prisma', 'prisma/migrations'], { cwd });
      await succeed(fresh.url, ['migrate'], { cwd });
      const again = await lockstep(fresh.url, ['import', 'prisma', 'prisma/migrations'], { cwd });
      expect([again.code, again.error]).toEqual([3, 'IMPORT_REFUSED']);
      expect(await runSql(fresh, 'SELECT count(*) FROM shop')).toBe('0');
    });
  },
  everyServer,
);

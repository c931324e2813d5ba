import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { nodes } from '../fixtures/tools.ts';

// One engine per driver: what differs between releases of Node is below them.
describeEachEngine(
  'on another release of Node',
  (engine) => {
    it.each(nodes)('Node %s migrates, backs up and restores', { timeout: 180_000 }, async (_, node) => {
      const [database, target] = [await freshDatabase(engine), await freshDatabase(engine)];
      await succeed(database.url, ['migrate'], { node });
      await succeed(database.url, ['sample', '--tables', '100'], { node });
      const taken = await succeed(database.url, ['backup', '--to', join(await temporaryFolder(), 'backups')], { node });
      const backup = fieldsOf(taken['backup']);
      const restored = await succeed(target.url, ['restore', String(backup['file'])], { node });
      expect(restored['contentRoot']).toBe(backup['contentRoot']);
      // What one release of Node writes, the other reads: this process's own.
      expect(await succeed(target.url, ['digest'])).toMatchObject({ contentRoot: backup['contentRoot'] });
    });
  },
  (engine) => ['pglite', 'postgres18', 'mysql9'].includes(engine.name),
);

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { galeraCluster, through } from '../fixtures/galera.ts';
import type { Cluster } from '../fixtures/galera.ts';
import { countedProduct, countedVersions, starters } from '../fixtures/starters.ts';
import type { Starter } from '../fixtures/starters.ts';
import { until } from '../fixtures/until.ts';
import { thorough } from './places.ts';
import { stopAndReplace } from './stop-and-replace.ts';

const root = inject('galera');

const describeCluster = root === null ? describe.skip : describe;

describeCluster('on a Galera cluster of three nodes', () => {
  let cluster: Cluster;
  let everyone: Starter[];

  beforeAll(async () => {
    cluster = await galeraCluster(root ?? '');
    everyone = await starters(8);
  });

  it('eight processes through three nodes take turns', { timeout: 300_000 }, async () => {
    const product = await countedProduct();
    for (let round = 1; round <= (thorough ? 10 : 1); round += 1) {
      const [node] = cluster.nodes;
      if (!node) throw new Error('no nodes');
      const database = await freshDatabase(node);
      const starts = await Promise.all(
        everyone.map((one, index) => one.migrate({ url: through(cluster.nodes[index % 3], database.url), ...product })),
      );
      expect(starts.map(({ error }) => error)).toEqual(Array(8).fill(''));
      expect(starts.flatMap(({ applied }) => applied)).toEqual(countedVersions);
      for (const other of cluster.nodes) {
        const place = { engine: other, url: through(other, database.url) };
        const ran = await runSql(place, 'SET SESSION wsrep_sync_wait = 1; SELECT name FROM ran ORDER BY name');
        expect(ran.split('\n')).toEqual(countedVersions);
      }
      const waits = starts.flatMap((start) => start.waits);
      expect(waits.some((holder) => everyone.some(({ pid }) => holder.includes(`process ${pid}`)))).toBe(true);
    }
  });

  it('a backup is restored through another node, and a server is refused', { timeout: 180_000 }, async () => {
    const [first, second] = cluster.nodes;
    if (!first) throw new Error('no nodes');
    const database = await freshDatabase(first);
    await succeed(database.url, ['migrate']);
    await succeed(database.url, ['sample', '--tables', '20']);
    const { backup } = await succeed(database.url, ['backup', '--to', await temporaryFolder()]);
    const { file, contentRoot } = fieldsOf(backup);
    const other = await freshDatabase(first);
    const restored = await succeed(through(second, other.url), ['restore', String(file)]);
    expect(restored['contentRoot']).toBe(contentRoot);
    expect(await succeed(through(cluster.nodes[2], other.url), ['digest'])).toMatchObject({ contentRoot });
    const refused = await lockstep(database.url, ['serve', '--port', '0']);
    expect(refused).toMatchObject({ code: 3, error: 'ENGINE_UNSUPPORTED' });
  });

  // The lease has to run out.
  if (!thorough) return;

  it('a holder that is stopped is replaced through another node, and can write nothing when it wakes up', async () => {
    const [first, second] = cluster.nodes;
    if (!first) throw new Error('no nodes');
    const database = await freshDatabase(first);
    await stopAndReplace(database, through(second, database.url));
  });

  it('the node of the holder is killed: another goes on', { timeout: 180_000 }, async () => {
    const product = await countedProduct();
    const [first, second, third] = cluster.nodes;
    if (!first) throw new Error('no nodes');
    const database = await freshDatabase(first);
    const holder = everyone[0]?.migrate({ url: through(third, database.url), ...product });
    await until(async () => {
      const ran = await runSql({ engine: first, url: database.url }, 'SELECT name FROM ran').catch(() => '');
      return ran.includes('1.0.0.2');
    });
    const other = everyone[1]?.migrate({ url: through(second, database.url), ...product });
    cluster.kill(2);
    expect((await holder)?.error).toMatch(/^(CONNECTION_LOST|LOCK_LOST|SERVER_UNREACHABLE): /);
    const next = await other;
    expect(next).toMatchObject({ error: '', applied: ['1.0.0.3'] });
    expect(next?.waits.some((wait) => wait.includes(`process ${everyone[0]?.pid}`))).toBe(true);
    const ran = await runSql({ engine: first, url: database.url }, 'SELECT name FROM ran ORDER BY name');
    expect(ran.split('\n')).toEqual(countedVersions);
  });
});

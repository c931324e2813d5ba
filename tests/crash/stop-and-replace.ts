import { expect } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { countedProduct, countedVersions, starters } from '../fixtures/starters.ts';
import { until } from '../fixtures/until.ts';

/**
 * Stops a process in the middle of a migration, lets another one take over, which may work through another node, and
 * wakes the first one up again.
 */
export async function stopAndReplace(database: FreshDatabase, otherUrl: string): Promise<void> {
  const product = await countedProduct();
  const [first, second] = await starters(2);
  if (!first || !second) throw new Error('no starters');
  const stopped = first.migrate({ url: database.url, ...product });
  await until(async () => (await runSql(database, 'SELECT name FROM ran').catch(() => '')).includes('1.0.0.2'));
  process.kill(first.pid, 'SIGSTOP');
  expect(await second.migrate({ url: otherUrl, ...product })).toMatchObject({
    error: '',
    applied: ['1.0.0.3'],
    waits: expect.arrayContaining([expect.stringContaining(`process ${first.pid}`)]),
  });
  process.kill(first.pid, 'SIGCONT');
  expect((await stopped).error).toMatch(/^(CONNECTION_LOST|LOCK_LOST): /);
  const ran = await runSql(database, 'SELECT name FROM ran ORDER BY name');
  expect(ran.split('\n')).toEqual(countedVersions);
  expect(await runSql(database, 'SELECT count(*) FROM item')).toBe('4');
}

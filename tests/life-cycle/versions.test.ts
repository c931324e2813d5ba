import { beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** Every engine of a family with another version of it, both ways. */
const ways = engines.flatMap((from) =>
  engines.filter((to) => to.family === from.family && to !== from).map((to) => [from, to] as const),
);

describe.each(engines.filter((engine) => ways.some(([from]) => from === engine)))('a backup of $name', (from) => {
  let source: FreshDatabase;
  let file: string;
  let digest: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    source = await freshDatabase(from);
    await succeed(source.url, ['migrate', '--to', '1.1.0']);
    await succeed(source.url, ['sample', '--tables', '20']);
    digest = await succeed(source.url, ['digest']);
    const { backup } = await succeed(source.url, ['backup', '--to', await temporaryFolder()]);
    file = String(fieldsOf(backup)['file']);
  });

  it.each(ways.filter((way) => way[0] === from).map(([, to]) => to))('goes to $name', async (to) => {
    const target = await freshDatabase(to);
    expect(await succeed(target.url, ['restore', file])).toMatchObject({ release: '1.1.0' });
    expect(await succeed(target.url, ['digest'])).toEqual(digest);
    expect(await succeed(target.url, ['validate'])).toMatchObject({ drifted: false });
  });
});

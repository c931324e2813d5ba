import { compiledCode } from '#core/database/pglite/compiled-code.js';
import { Engine } from '#core/database/pglite/engine.js';
import { Housekeeping } from '#core/database/pglite/housekeeping.js';
import { initialise } from '#core/database/pglite/initialise.js';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';

let folder: string;
let engine: Engine;
let housekeeping: Housekeeping;

beforeAll(async () => {
  folder = await temporaryFolder();
  await initialise(folder);
  engine = await Engine.open(folder, compiledCode(), (reason) => {
    throw new Error(reason);
  });
  atEnd(() => engine.close());
  housekeeping = new Housekeeping(engine, folder, Date.now());
});

const logFiles = (): number => readdirSync(join(folder, 'pg_wal')).filter((name) => /^[0-9A-F]{24}$/.test(name)).length;

describe('housekeeping', () => {
  it('is due when something was done, after a quiet moment', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const quiet = new Housekeeping(engine, folder, undefined);
    await quiet.run(true);
    vi.advanceTimersByTime(60_000);
    expect(quiet.due()).toBe(false);
    await engine.query('SELECT 1');
    expect(quiet.due()).toBe(false);
    vi.advanceTimersByTime(3_000);
    expect(quiet.due()).toBe(true);
    expect(quiet.overdue()).toBe(true);
    await quiet.run(true);
    expect([quiet.due(), quiet.overdue()]).toEqual([false, false]);
    vi.useRealTimers();
  });

  it('keeps the log short', async () => {
    await engine.query('CREATE TABLE item (id int PRIMARY KEY, text text)');
    await engine.query(`INSERT INTO item SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 60000) i`);
    await engine.query(`UPDATE item SET text = text || 'x'`);
    const before = logFiles();
    expect(before).toBeGreaterThan(6);
    await housekeeping.run(false);
    expect(logFiles()).toBeLessThanOrEqual(5);
  });

  it('takes away what changes have left, and counts anew', async () => {
    const dead = async (): Promise<number> => {
      await engine.query('SELECT pg_stat_force_next_flush()');
      const [[rows] = []] = await engine.query(`SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'item'`);
      return Number(rows);
    };
    await engine.query(`DELETE FROM item WHERE id % 2 = 0`);
    expect(await dead()).toBeGreaterThan(10_000);
    for (let round = 0; round < 10 && (await dead()) > 0; round += 1) await housekeeping.run(true);
    expect(await dead()).toBe(0);
    expect(await engine.query(`SELECT reltuples FROM pg_class WHERE relname = 'item'`)).toEqual([['30000']]);
  });
});

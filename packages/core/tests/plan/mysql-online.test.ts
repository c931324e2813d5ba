import { expect, it } from 'vitest';
import { LockstepError, sql } from '@lockstep/core';
import { analyse } from '#core/database/mysql/rules/analyse.js';
import { readTables } from '#core/database/mysql/rules/survey.js';
import { splitScript } from '#core/database/mysql/split/split.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { newScript } from '#core/plan/script.js';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { openFresh } from '../database/mysql/servers.ts';
import { setup, statements } from './mysql-statements.ts';

const algorithms = ['INSTANT', 'NOCOPY', 'INPLACE', 'COPY'];
const locks = ['NONE', 'SHARED', 'EXCLUSIVE'];

/** The statement with ALGORITHM and LOCK. */
function asking(text: string, algorithm: string, lock: string): string {
  if (text.startsWith('create')) return `${text} ALGORITHM=${algorithm} LOCK=${lock}`;
  return text.replace(/^(alter table \w+) /, `$1 ALGORITHM=${algorithm}, LOCK=${lock}, `);
}

/** Everything that asks for a little more than what is foretold. */
function better(family: string, algorithm: string, lock: string): [string, string][] {
  const known = algorithms.filter((name) => name !== 'NOCOPY' || family === 'mariadb');
  const above = known[known.indexOf(algorithm) - 1];
  const lighter = locks[locks.indexOf(lock) - 1];
  return [
    ...(above === undefined ? [] : [[above, above === 'INSTANT' ? 'DEFAULT' : lock] satisfies [string, string]]),
    ...(lighter === undefined ? [] : [[algorithm, lighter] satisfies [string, string]]),
  ];
}

async function make(session: MysqlSession): Promise<void> {
  for (const { text } of splitScript(setup, 'setup')) await session.execute(text);
}

/** Makes one table as it was. */
async function remake(session: MysqlSession, table: string): Promise<void> {
  const text = splitScript(setup, 'setup').find((one) => one.text.startsWith(`create table ${table} `))?.text;
  await session.execute('SET foreign_key_checks = 0');
  await session.execute(`DROP TABLE IF EXISTS ${table}, u`);
  await session.execute(text ?? '');
  await session.execute('SET foreign_key_checks = 1');
}

/** What the server says against it, if it does not accept it. */
async function accepts(session: MysqlSession, text: string): Promise<string | undefined> {
  try {
    await session.execute(text);
    return undefined;
  } catch (error) {
    if (error instanceof LockstepError) return error.message;
    throw error;
  }
}

async function tableIds(session: MysqlSession, isMysql: boolean): Promise<string> {
  const rows = await session.query(
    isMysql
      ? sql`SELECT name AS n, table_id AS i FROM information_schema.innodb_tables WHERE name LIKE CONCAT(DATABASE(), '/%')`
      : sql`SELECT name AS n, table_id AS i FROM information_schema.innodb_sys_tables WHERE name LIKE CONCAT(DATABASE(), '/%')`,
  );
  // Tables of a full-text index come and go with it.
  const own = rows.filter((row) => !/\/fts_/i.test(row['n'] ?? ''));
  return own
    .map((row) => row['i'] ?? '')
    .toSorted((a, b) => Number(a) - Number(b))
    .join(' ');
}

function cases(engine: Engine): void {
  const { family } = engine;
  if (family === 'postgres') return;

  it('is foretold', async () => {
    const { database } = await openFresh(engine);
    const session = await database.session({ purpose: 'test' });
    const wrong: unknown[] = [];
    await make(session);
    const original = await readTables(session);
    for (const { text, before, family: only } of statements) {
      if (only !== undefined && only !== family) continue;
      const script = newScript([]);
      const known = original.copy();
      const table = /(?:table|on) (\w+)/.exec(text)?.[1] ?? '';
      if (before !== undefined) {
        await session.execute(before);
        await analyse(before, known, script, family);
      }
      const { effects } = await analyse(text, known, script, family);
      const [{ algorithm = '', lock, work } = { lock: '', work: '' }] = effects;
      const said = `${algorithm} ${lock} ${work}`;
      for (const [above, lighter] of better(family, algorithm, lock)) {
        const refusal = await accepts(session, asking(text, above, lighter));
        if (refusal !== undefined) continue;
        wrong.push({ text, said, but: `${above} ${lighter} is accepted` });
        await remake(session, table);
        if (before !== undefined) await session.execute(before);
      }
      const ids = await tableIds(session, family === 'mysql');
      const refusal = await accepts(session, asking(text, algorithm, lock));
      if (refusal !== undefined) wrong.push({ text, said, but: refusal });
      // MySQL numbers a table anew for a column that is added at once.
      const isNew =
        ids !== (await tableIds(session, family === 'mysql')) &&
        !text.includes(' rename to') &&
        algorithm !== 'INSTANT';
      const isRewritten = work === 'rewrites';
      if (refusal === undefined && isNew !== isRewritten && !text.includes('partition'))
        wrong.push({ text, said, but: `rewritten: ${isNew}` });
      await remake(session, table);
    }
    expect(wrong).toEqual([]);
  });
}

// Each version of MariaDB has ways of its own.
describeEachEngine('how an ALTER TABLE is done', cases, (engine) => engine.family !== 'postgres');

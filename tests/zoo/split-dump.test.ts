import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openDatabase } from '@lockstep/core';
import { clientOf, runSql } from '../fixtures/client.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { zooProduct } from './zoo-product.ts';

/** The zoo with its rows, as the engine's own tool writes it for its client: routines, dollar quotes, comments. */
async function dumpOf({ engine, url }: FreshDatabase): Promise<string> {
  const place = new URL(url);
  const database = place.pathname.slice(1);
  const where = ['-h', place.hostname, engine.family === 'postgres' ? '-p' : '-P', place.port];
  const who = [engine.family === 'postgres' ? '-U' : '-u', place.username, database];
  const mysql = ['--no-defaults', '--routines', '--triggers', '--events', '--hex-blob', '--skip-add-locks'];
  const [program, args] = {
    postgres: ['pg_dump', ['--quote-all-identifiers']] as const,
    mysql: ['mysqldump', [...mysql, '--set-gtid-purged=OFF', '--no-tablespaces']] as const,
    mariadb: ['mariadb-dump', [...mysql, '--skip-no-autocommit']] as const,
  }[engine.family];
  const { code, stdout, stderr } = await runProgram(join(engine.programs ?? '', program), [...args, ...where, ...who]);
  if (code !== 0) throw new Error(stderr);
  // What psql obeys is no SQL.
  return stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, '');
}

/** The client of MariaDB takes comments out of routines unless told otherwise. */
async function loadByClient(place: FreshDatabase, dump: string): Promise<void> {
  const { program, args } = clientOf(place);
  const [first = '', ...rest] = args;
  const own = place.engine.family === 'postgres' ? args : [first, '--comments', ...rest];
  const { code, stderr } = await runProgram(program, own, { input: dump });
  if (code !== 0) throw new Error(stderr);
}

/** What the tools themselves write so that their own clients can't read it. */
const beyondTheTools = {
  postgres:
    'ALTER DOMAIN public.positive DROP DEFAULT; DROP FUNCTION public.first_amount(); DROP TABLE public.looped CASCADE;',
  mysql: 'DROP TABLE all_generated;',
  mariadb: 'DROP TABLE all_generated; DROP TABLE bytes;',
};

describeEachEngine(
  'a dump of the zoo that is split into statements',
  (engine) => {
    let cwd: string;
    let source: FreshDatabase;
    let dump: string;
    beforeAll(async () => {
      cwd = await zooProduct(engine);
      source = await freshDatabase(engine);
      await succeed(source.url, ['migrate'], { cwd });
      await runSql(source, beyondTheTools[engine.family]);
      dump = await dumpOf(source);
    });

    it('makes the same database, statement by statement, as by the client', async () => {
      // Not the zoo itself: the tools lose digits of numbers.
      const byClient = await freshDatabase(engine);
      await loadByClient(byClient, dump);
      const target = await freshDatabase(engine);
      const database = await openDatabase(target.url);
      const session = await database.session();
      for (const { text, line } of await database.dialect.split(dump, 'dump.sql')) {
        await session.execute(text).catch((error: unknown) => {
          throw new Error(`line ${line}: ${text}: ${String(error)}`, { cause: error });
        });
      }
      await session.close();
      await database.close();
      const [shape, expected] = await Promise.all(
        [target, byClient].map(async ({ url }) => fieldsOf(await succeed(url, ['info'], { cwd }))['shape']),
      );
      expect(shape).toEqual(expected);
      expect(await succeed(target.url, ['digest'], { cwd })).toEqual(await succeed(byClient.url, ['digest'], { cwd }));
    });

    it('is the same statements when they are joined again', async () => {
      const database = await openDatabase(source.url);
      const split = async (script: string): Promise<string[]> =>
        (await database.dialect.split(script, 'dump.sql')).map(({ text }) => text);
      const texts = await split(dump);
      expect(texts.length).toBeGreaterThan(50);
      const delimiter = engine.family === 'postgres' ? ';' : ';;;';
      const head = engine.family === 'postgres' ? '' : `DELIMITER ${delimiter}\n`;
      expect(await split(head + texts.map((text) => `${text}\n${delimiter}\n`).join(''))).toEqual(texts);
      await database.close();
    });
  },
  (engine) => engine.url !== undefined,
);

import { join } from 'node:path';
import { beforeAll, expect, inject, it } from 'vitest';
import { spawnCli } from '../fixtures/cli.ts';
import { clientOf } from '../fixtures/client.ts';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { schemaDump } from '../fixtures/schema-dump.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

describeEachEngine(
  'a backup loaded by the stock client',
  (engine) => {
    let source: FreshDatabase;
    let script: string;
    let digest: Readonly<Record<string, unknown>>;

    /** Runs SQL with the stock client, without asking it to stop at errors. */
    const load = async (target: FreshDatabase, sql: string): Promise<void> => {
      const { program, args } = clientOf(target);
      await runProgram(
        program,
        args.filter((arg) => arg !== '-v' && arg !== 'ON_ERROR_STOP=1'),
        { input: sql },
      );
    };
    const serves = async (target: FreshDatabase): Promise<string> => {
      const server = spawnCli(['--database-url', target.url, 'serve', '--port', '0']);
      let code: number | null | undefined;
      void server.ended.then((outcome) => (code = outcome.code));
      const { stderr } = {
        get stderr() {
          return server.output().stderr;
        },
      };
      await until(
        () => server.output().stderr.includes('serves on') || code !== undefined,
        () => stderr,
      );
      server.kill('SIGTERM');
      const outcome = await server.ended;
      return outcome.stderr.includes('serves on') ? 'serves' : outcome.stderr;
    };

    beforeAll(async () => {
      source = await freshDatabase(engine);
      await succeed(source.url, ['migrate']);
      await succeed(source.url, ['sample', '--tables', '60']);
      digest = await succeed(source.url, ['digest']);
      const { backup } = await succeed(source.url, ['backup', '--to', await temporaryFolder()]);
      const unpacked = await runProgram(join(inject('tools'), 'zstd'), ['-dc', String(fieldsOf(backup)['file'])]);
      script = unpacked.stdout;
    }, 180_000);

    it('is the same database, and one that a server accepts', async () => {
      const target = await freshDatabase(engine);
      await load(target, script);
      expect(await succeed(target.url, ['digest'])).toEqual(digest);
      expect(await schemaDump(target)).toBe(await schemaDump(source));
      expect(await serves(target)).toBe('serves');
    });

    it('is refused by a server when it was cut, wherever that was', { timeout: 300_000 }, async () => {
      const ends = [...script.matchAll(/;\n/g)].map(({ index }) => index + 2);
      const first = script.indexOf('lockstep_state') + 1;
      const begun = script.indexOf(';\n', script.indexOf("'restoring'", first)) + 2;
      const places = ends.filter((end) => end >= begun && end < script.length);
      expect(places.length).toBeGreaterThan(20);
      const chosen = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map((share) => places[Math.floor(places.length * share)] ?? 0);
      for (const end of [...chosen, places.at(-1) ?? 0]) {
        const target = await freshDatabase(engine);
        await load(target, script.slice(0, end));
        const info = await lockstep(target.url, ['info']);
        expect([end, info.json['phase']]).toEqual([end, 'restoring']);
        if (end === places.at(-1) || end === chosen[3]) expect(await serves(target)).toContain('PHASE_REFUSED');
        await target.drop();
      }
    });

    it('stays closed when a row is missing', async () => {
      const target = await freshDatabase(engine);
      const lines = script.split('\n');
      const at = lines.findIndex((line, index) => index > 40 && isRow(engine.family, line, lines[index + 1] ?? ''));
      expect(at).toBeGreaterThan(0);
      await load(target, lines.toSpliced(at, 1).join('\n'));
      expect(await succeed(target.url, ['info'])).toMatchObject({ phase: 'restoring' });
      expect(await serves(target)).toContain('PHASE_REFUSED');
    });
  },
  everyServer,
);

/** A row of data that is not the last of its statement. */
function isRow(family: string, line: string, next: string): boolean {
  if (family === 'postgres') return line.includes('\t') && line.includes('{') && next.includes('\t');
  return line.startsWith('(') && line.endsWith('),') && next.startsWith('(');
}

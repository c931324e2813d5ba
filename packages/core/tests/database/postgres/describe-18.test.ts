import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { differenceInWords, diffShapes } from '#core/shape/diff.js';
import { fingerprint } from '#core/shape/fingerprint.js';
import { describeEachEngine, type Engine } from '../../../../../tests/fixtures/engines.ts';
import { makeShape, openEmpty, runScript } from './shapes.ts';

const script = await readFile(new URL('../../../../../tests/zoo/postgres-18.sql', import.meta.url), 'utf8');
function isRecent(engine: Engine): boolean {
  return engine.name === 'pglite' || (engine.family === 'postgres' && Number.parseInt(engine.version, 10) >= 18);
}

function cases(engine: Engine): void {
  it('is made by its DDL, with the same fingerprint', async () => {
    const { database, session } = await openEmpty(engine);
    await runScript(database, session, script);
    const shape = await session.describe(['public']);
    expect(shape.unsupported).toEqual([]);
    const copy = await openEmpty(engine);
    await makeShape(copy.session, shape);
    const made = await copy.session.describe(['public']);
    expect(diffShapes(shape, made)).toEqual([]);
    expect(fingerprint(made)).toBe(fingerprint(shape));
  });

  it('is seen when it changes', async () => {
    const { database, session } = await openEmpty(engine);
    await runScript(database, session, script);
    const before = await session.describe(['public']);
    const changes = [
      'ALTER TABLE ONLY public.ancestor ALTER COLUMN c SET EXPRESSION AS (b + 2)',
      'ALTER TABLE public.guest ALTER CONSTRAINT not_enforced ENFORCED',
      'ALTER TABLE public.guest VALIDATE CONSTRAINT late_not_null',
      'ALTER TABLE public.heir ALTER COLUMN a DROP NOT NULL',
      'ALTER TABLE public.referring VALIDATE CONSTRAINT partitioned_not_valid',
    ];
    const seen: string[] = [];
    for (const change of changes) {
      await session.execute('BEGIN');
      await session.execute(change);
      const differences = diffShapes(before, await session.describe(['public']));
      await session.execute('ROLLBACK');
      seen.push(differences.map(differenceInWords).join(';'));
    }
    expect(seen).toEqual([
      expect.stringContaining('column public.ancestor.c: expression'),
      expect.stringContaining('foreign key public.guest.not_enforced: definition'),
      'column public.guest.spare: notNullChecked: false -> none',
      expect.stringContaining('column public.heir.a: notNull: true -> false'),
      expect.stringContaining('foreign key public.referring.partitioned_not_valid: definition'),
    ]);
  });
}

describeEachEngine('what only Postgres 18 has', cases, isRecent);

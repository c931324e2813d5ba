import { beforeAll, describe, expect, it } from 'vitest';
import type { Database, Session } from '#core/database/database.js';
import { diffShapes } from '#core/shape/diff.js';
import { countsInFingerprint, fingerprint } from '#core/shape/fingerprint.js';
import type { Shape } from '#core/shape/shape.js';
import { base, changes, changesOfRoles, type Change } from './shape-changes.ts';
import { openEmpty, postgresEngines, runScript } from './shapes.ts';

const schemas = ['public', 'more'];

// PGlite has the catalogues of Postgres 18.
const servers = postgresEngines.filter((engine) => engine.url !== undefined);

describe.each(servers.length > 0 ? servers : postgresEngines)('on $name', (engine) => {
  let database: Database;
  let session: Session;
  let before: Shape;

  beforeAll(async () => {
    ({ database, session } = await openEmpty(engine));
    await runScript(database, session, base);
    before = await session.describe(schemas);
  });

  /** Describes what a change makes, and takes it back. */
  async function shapeWith({ sql }: Change): Promise<Shape> {
    await session.execute('BEGIN');
    try {
      await runScript(database, session, sql);
      return await session.describe(schemas);
    } finally {
      await session.execute('ROLLBACK');
    }
  }

  it.each(changes)('sees $kind $name $what: $sql', async (change) => {
    const after = await shapeWith(change);
    expect(fingerprint(after)).not.toBe(fingerprint(before));
    const found = diffShapes(before, after).find(({ kind, name }) => kind === change.kind && name === change.name);
    expect(found?.what).toBe(change.what);
    if (change.fact !== undefined) expect(found?.facts.map(({ fact }) => fact)).toContain(change.fact);
  });

  it.each(changesOfRoles)('compares, but does not hash $kind $name: $sql', async (change) => {
    const after = await shapeWith(change);
    expect(fingerprint(after)).toBe(fingerprint(before));
    const found = diffShapes(before, after);
    expect(found.filter(({ kind }) => countsInFingerprint(kind))).toEqual([]);
    const named = found.find(({ kind, name }) => kind === change.kind && name === change.name);
    expect(named?.what).toBe(change.what);
  });

  it('is what it was after all of them were taken back', async () => {
    expect(fingerprint(await session.describe(schemas))).toBe(fingerprint(before));
  });
});

it('changes every kind of object that Postgres has', () => {
  const kinds = new Set([...changes, ...changesOfRoles].map(({ kind }) => kind));
  expect([...kinds].toSorted()).toEqual([
    'check constraint',
    'column',
    'comment',
    'composite type',
    'domain',
    'enum',
    'exclusion constraint',
    'foreign key',
    'function',
    'grant',
    'index',
    'materialized view',
    'owner',
    'partition',
    'policy',
    'primary key',
    'procedure',
    'schema',
    'sequence',
    'table',
    'trigger',
    'unique constraint',
    'view',
  ]);
});

import { beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '#core/database/database.js';
import { raw } from '#core/database/sql.js';
import { diffShapes } from '#core/shape/diff.js';
import { fingerprint } from '#core/shape/fingerprint.js';
import type { Shape } from '#core/shape/shape.js';
import { makeShape, openEmpty, openZoo, postgresEngines, zooSchemas } from './shapes.ts';

const zoos = new Map<string, { readonly shape: Shape; readonly session: Session }>();

function zooOf(engine: string): { readonly shape: Shape; readonly session: Session } {
  const zoo = zoos.get(engine);
  if (zoo === undefined) throw new Error(`no zoo on ${engine}`);
  return zoo;
}

beforeAll(async () => {
  for (const engine of postgresEngines) {
    const { session } = await openZoo(engine);
    zoos.set(engine.name, { session, shape: await session.describe(zooSchemas) });
  }
}, 120_000);

describe('the zoo', () => {
  it.each(postgresEngines)('is carried as a whole on $name', ({ name }) => {
    expect(zooOf(name).shape.unsupported).toEqual([]);
  });

  it('has the same fingerprint on every server', () => {
    const [first, ...others] = postgresEngines.map(({ name }) => zooOf(name).shape);
    for (const other of others) {
      expect(first === undefined ? [] : diffShapes(first, other)).toEqual([]);
      expect(fingerprint(other)).toBe(first === undefined ? '' : fingerprint(first));
    }
  });

  it.each(postgresEngines)('names every object once on $name', ({ name }) => {
    const names = zooOf(name).shape.objects.map((object) => JSON.stringify([object.kind, object.name]));
    expect(new Set(names).size).toBe(names.length);
    const labels = zooOf(name).shape.tables.map((table) => table.label);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it.each(postgresEngines)('has the columns that hold data, by the bytes of their names, on $name', ({ name }) => {
    const animal = zooOf(name).shape.tables.find((table) => table.label === 'public.animal');
    const columns = animal?.columns.map((column) => column.name) ?? [];
    expect(columns).toEqual(columns.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(columns).toContain('ünï 🦊 \u{FFFD}');
    expect(columns).not.toContain('double_weight');
    expect(columns).not.toContain('dropped');
    const labels = zooOf(name).shape.tables.map((table) => table.label);
    expect(labels).toContain('public.visit_2025_b0');
    expect(labels).not.toContain('public.visit_2025_b');
  });

  const pairs = postgresEngines.flatMap((from) =>
    postgresEngines.map((to) => ({ from: from.name, to: to.name, engine: to })),
  );
  it.each(pairs)(
    'described on $from, is made on $to by its DDL, with the same fingerprint',
    async ({ from, engine }) => {
      const { shape } = zooOf(from);
      const { session } = await openEmpty(engine);
      await makeShape(session, shape);
      const made = await session.describe(zooSchemas);
      expect(diffShapes(shape, made)).toEqual([]);
      expect(fingerprint(made)).toBe(fingerprint(shape));
      expect(made.tables).toEqual(shape.tables);
    },
    120_000,
  );

  it.each(postgresEngines)(
    'loses what a restore takes away, and has it back afterwards, on $name',
    async ({ name }) => {
      const { session, shape } = zooOf(name);
      const taken = shape.after.filter(({ drop }) => drop !== undefined);
      for (const { drop } of taken.toReversed()) await session.execute(drop ?? '');
      const without = await session.describe(zooSchemas);
      const kinds = new Set<string>(['index', 'foreign key', 'trigger', 'unique constraint']);
      const left = without.objects.filter((object) => kinds.has(object.kind)).map((object) => object.name);
      // CLUSTER, a function's ON CONFLICT ON CONSTRAINT and a replica identity hold on to these.
      expect(left.toSorted()).toEqual(['public.animal_clustered', 'public.cage.xy', 'public.replica_index_id']);
      for (const { create } of taken) await session.execute(create);
      expect(diffShapes(shape, await session.describe(zooSchemas))).toEqual([]);
    },
  );

  it.each(postgresEngines)(
    'is described inside of a transaction, whatever the search path, on $name',
    async (engine) => {
      const { session, shape } = zooOf(engine.name);
      await session.transaction(async () => {
        await session.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        await session.execute(`SET LOCAL search_path = "Zoo ""two""", public`);
        expect(fingerprint(await session.describe(zooSchemas))).toBe(fingerprint(shape));
        const path = await session.query(raw('SHOW search_path'));
        expect(path[0]?.['search_path']).toBe('"Zoo ""two""", public');
      });
    },
  );
});

import { expect, it } from 'vitest';
import type { EntityDocument } from '#catalog/entities/document.js';
import { kinds } from '#catalog/entities/kinds.js';
import { parentOf } from '#catalog/entities/kind.js';
import { hashOfName } from '#catalog/fully-qualified-name.js';
import { checkRequest } from '#catalog/operations/request.js';
import { readDocument } from '#catalog/store/documents.js';
import { madeRows } from './made-rows.ts';

/** A few dozen tables: every hard case is there from here on. */
const few = 48;

/** What a request to make the entity would look like: it names the parent by its name. */
function asRequest(document: EntityDocument, key: string | undefined): Record<string, unknown> {
  if (key === undefined) return { ...document };
  const parent = document[key];
  const name = typeof parent === 'object' && parent !== null && 'fullyQualifiedName' in parent;
  return { ...document, [key]: name ? parent.fullyQualifiedName : undefined };
}

it.each(['1.0.0', '1.1.0', '1.2.0'])(
  'makes documents that the catalog itself would accept, in the form of %s',
  (release) => {
    const rows = madeRows(release, 500);
    for (const kind of Object.values(kinds)) {
      const made = rows.get(kind.table) ?? [];
      for (const row of made) {
        const document = readDocument({ json: row['json'] ?? null });
        expect(document.id).toBe(row['id']);
        expect(row['fqn_hash']).toBe(hashOfName(document.fullyQualifiedName));
        expect(() => checkRequest(kind, asRequest(document, parentOf(kind)?.key))).not.toThrow();
        for (const { key } of kind.ancestors) expect(document[key]).toHaveProperty('fullyQualifiedName');
      }
      const tags = kind.type === 'tag' || kind.type === 'classification';
      expect(made.length > 0).toBe(!tags || release === '1.2.0');
    }
  },
);

it('gives the same rows for the same seed, and others for another one', () => {
  const rows = madeRows('1.2.0', 300, 'a');
  expect(madeRows('1.2.0', 300, 'a')).toEqual(rows);
  const others = madeRows('1.2.0', 300, 'b');
  const ids = (made: typeof rows): (string | null | undefined)[] =>
    (made.get('table_entity') ?? []).map(({ id }) => id);
  expect(ids(others)).toHaveLength(300);
  expect(ids(others).filter((id) => ids(rows).includes(id))).toEqual([]);
});

it('makes table documents of 1 to 20 kB, however an engine writes them', () => {
  const documents = (madeRows('1.0.0', 2000).get('table_entity') ?? []).map(({ json }) => json ?? '');
  const compact = documents.map((json) => Buffer.byteLength(json));
  const spaced = documents.map((json) =>
    Buffer.byteLength(JSON.stringify(JSON.parse(json), null, 1).replace(/\n */g, ' ')),
  );
  expect(Math.min(...compact)).toBeGreaterThan(1024);
  expect(Math.max(...spaced)).toBeLessThan(20 * 1024);
  expect(compact.some((bytes) => bytes < 2048)).toBe(true);
  expect(compact.some((bytes) => bytes > 14 * 1024)).toBe(true);
});

it('has every hard name among a few dozen tables', () => {
  const tables = (madeRows('1.0.0', few).get('table_entity') ?? []).map(({ json }) =>
    readDocument({ json: json ?? null }),
  );
  const names = tables.map(({ name }) => name);
  const full = tables.map(({ fullyQualifiedName }) => fullyQualifiedName);
  const planes = new Set(names.flatMap((name) => Array.from(name, (one) => (one.codePointAt(0) ?? 0) >> 16)));

  expect(new Set(full).size).toBe(few);
  expect([...planes].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, plane) => plane));
  for (const part of ['.', '"', '/', '\\', "'", '\u200B', '%'])
    expect(names.some((name) => name.includes(part))).toBe(true);
  expect(names.some((name) => name.endsWith(' ') && names.includes(name.trimEnd()))).toBe(true);
  expect(names.some((name) => Array.from(name).length === 256)).toBe(true);
  const collide = (change: (name: string) => string): boolean => new Set(full.map(change)).size < few;
  expect(collide((name) => name.toLowerCase())).toBe(true);
  expect(collide((name) => name.normalize('NFC'))).toBe(true);
  expect(collide((name) => name.replaceAll('"', ''))).toBe(true);
  expect(collide((name) => name.trimEnd())).toBe(true);
});

it('has every kind of owner among a few dozen tables', () => {
  const rows = madeRows('1.2.0', few);
  const users = (rows.get('user_entity') ?? []).map(({ json }) => readDocument({ json: json ?? null }));
  const deleted = users.filter((user) => user.deleted).map(({ id }) => id);
  const owned = (rows.get('entity_relationship') ?? []).filter(({ relation }) => relation === 'owns');
  const reasons = (rows.get('unresolved_owner') ?? []).map(({ reason }) => reason);

  expect(new Set(reasons)).toEqual(new Set(['no such user', 'named before']));
  expect(owned.some(({ from_id }) => deleted.includes(from_id ?? ''))).toBe(true);
  expect(owned.some(({ sort_order }) => sort_order === '0')).toBe(true);
  expect(owned.some(({ sort_order }) => sort_order === '4')).toBe(true);
});

it('has numbers that a JavaScript number would change, and never the character NUL', () => {
  const json = (madeRows('1.0.0', few).get('table_entity') ?? []).map((row) => row['json'] ?? '').join('\n');
  for (const number of ['9007199254740993', '18446744073709551615', '1.10', '123456789012345678901234567890', '-0.0']) {
    expect(json).toContain(`:${number},`);
  }
  expect(json).not.toMatch(/\\u0000|\0/);
});

it('has deep lineage with circles from 1.1.0 on', () => {
  const lineage = (release: string): string[][] =>
    (madeRows(release, 300).get('entity_relationship') ?? [])
      .filter(({ relation }) => relation === 'upstream')
      .map(({ from_id, to_id }) => [from_id ?? '', to_id ?? '']);
  expect(lineage('1.0.0')).toEqual([]);
  const edges = lineage('1.1.0');
  const next = new Map<string, string[]>();
  for (const [from = '', to = ''] of edges) next.set(from, [...(next.get(from) ?? []), to]);
  expect(edges.some(([from = '', to = '']) => next.get(to)?.includes(from))).toBe(true);
  expect(depthFrom(edges[0]?.[0] ?? '', next)).toBeGreaterThan(50);
});

/** How many steps it takes to reach everything that can be reached. */
function depthFrom(start: string, next: ReadonlyMap<string, readonly string[]>): number {
  const seen = new Set([start]);
  let frontier = [start];
  let depth = -1;
  for (; frontier.length > 0; depth++) {
    frontier = frontier.flatMap((id) => next.get(id) ?? []).filter((id) => !seen.has(id));
    for (const id of frontier) seen.add(id);
  }
  return depth;
}

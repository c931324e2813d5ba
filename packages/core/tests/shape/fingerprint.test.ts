import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, countsInFingerprint, fingerprint } from '#core/shape/fingerprint.js';
import type { Shape, ShapeObject } from '#core/shape/shape.js';

function shapeOf(...objects: ShapeObject[]): Shape {
  return { objects, tables: [], before: [], after: [], unsupported: [] };
}

const table: ShapeObject = { kind: 'table', name: 'public.shop', facts: { persistence: 'p', options: [] } };
const column: ShapeObject = { kind: 'column', name: 'public.shop.é🦊', facts: { type: 'text', notNull: true } };

describe('fingerprint', () => {
  it('is the SHA-256 of one JSON line for each object, by kind and name', () => {
    const lines =
      '["column","public.shop.é🦊",{"notNull":true,"type":"text"}]\n' +
      '["table","public.shop",{"options":[],"persistence":"p"}]\n';
    const expected = createHash('sha256').update(lines, 'utf8').digest('hex');
    expect(fingerprint(shapeOf(table, column))).toBe(expected);
    expect(fingerprint(shapeOf(column, table))).toBe(expected);
  });

  it('of nothing is the SHA-256 of nothing', () => {
    expect(fingerprint(shapeOf())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('does not see owners, grants and definitions', () => {
    const owner: ShapeObject = { kind: 'owner', name: 'table public.shop', facts: { owner: 'app' } };
    const grant: ShapeObject = { kind: 'grant', name: 'table public.shop to app', facts: { privileges: ['SELECT'] } };
    const print = fingerprint(shapeOf(table));
    expect(fingerprint(shapeOf(table, owner, grant))).toBe(print);
    expect(fingerprint(shapeOf({ ...table, definition: 'CREATE TABLE' }))).toBe(print);
    expect([countsInFingerprint('owner'), countsInFingerprint('grant'), countsInFingerprint('comment')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('changes with kind, name and every fact', () => {
    const others: ShapeObject[] = [
      { ...table, kind: 'view' },
      { ...table, name: 'public.shops' },
      { ...table, facts: { persistence: 'u', options: [] } },
      { ...table, facts: { persistence: 'p', options: ['a'] } },
      { ...table, facts: { persistence: 'p' } },
    ];
    const prints = [table, ...others].map((object) => fingerprint(shapeOf(object)));
    expect(new Set(prints).size).toBe(prints.length);
  });
});

describe('canonicalJson', () => {
  it('means the same as the fact, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const fact = plain(value);
        const text = canonicalJson(fact);
        expect(JSON.parse(text)).toEqual(fact);
        expect(canonicalJson(turned(fact))).toBe(text);
      }),
    );
  });
});

type Fact = ShapeObject['facts'];

function plain(value: unknown): Fact {
  if (Array.isArray(value)) return value.map(plain);
  // fast-check makes -0 too, which JSON writes as 0.
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

function turned(fact: Fact): Fact {
  if (Array.isArray(fact)) return fact.map(turned);
  if (typeof fact !== 'object' || fact === null) return fact;
  const entries = Object.entries(fact).map(([key, part]): [string, Fact] => [key, turned(plain(part))]);
  return Object.fromEntries(entries.toReversed());
}

import { describe, expect, it } from 'vitest';
import { diffShapes, differenceInWords } from '#core/shape/diff.js';
import type { Shape, ShapeObject } from '#core/shape/shape.js';

function shapeOf(...objects: ShapeObject[]): Shape {
  return { objects, tables: [], before: [], after: [], unsupported: [] };
}

const column: ShapeObject = { kind: 'column', name: 'public.shop.name', facts: { type: 'text', notNull: false } };

describe('diffShapes', () => {
  it('finds nothing between equal shapes in another order', () => {
    const other: ShapeObject = { kind: 'table', name: 'public.shop', facts: { b: 1, a: [1, 2] } };
    const same: ShapeObject = { kind: 'table', name: 'public.shop', facts: { a: [1, 2], b: 1 } };
    expect(diffShapes(shapeOf(column, other), shapeOf(same, column))).toEqual([]);
  });

  it('tells what is missing, extra and changed, by kind and name', () => {
    const view: ShapeObject = { kind: 'view', name: 'public.shop', facts: {} };
    const index: ShapeObject = { kind: 'index', name: 'public.shop_name', facts: {} };
    const found = diffShapes(shapeOf(view, column), shapeOf(index, { ...column, facts: { type: 'integer' } }));
    expect(found).toEqual([
      {
        kind: 'column',
        name: 'public.shop.name',
        what: 'changed',
        details: ['notNull: false -> none', 'type: "text" -> "integer"'],
      },
      { kind: 'index', name: 'public.shop_name', what: 'extra', details: [] },
      { kind: 'view', name: 'public.shop', what: 'missing', details: [] },
    ]);
    expect(found.map(differenceInWords)).toEqual([
      'column public.shop.name: notNull: false -> none, type: "text" -> "integer"',
      'index public.shop_name is not expected',
      'view public.shop is missing',
    ]);
  });

  it('tells a fact that is null from one that is not there', () => {
    const without = shapeOf({ ...column, facts: { type: 'text' } });
    const withNull = shapeOf({ ...column, facts: { type: 'text', default: null } });
    expect(diffShapes(without, withNull)[0]?.details).toEqual(['default: none -> null']);
  });

  it('shows the definitions where the facts are too long to read', () => {
    const tree = (value: string): ShapeObject => ({
      kind: 'view',
      name: 'public.v',
      facts: { query: Array.from({ length: 100 }, () => value) },
      definition: `SELECT ${value}`,
    });
    expect(diffShapes(shapeOf(tree('1')), shapeOf(tree('2')))[0]?.details).toEqual([
      'query differs',
      'definition: SELECT 1 -> SELECT 2',
    ]);
  });

  it('lists owners and grants too', () => {
    const grant: ShapeObject = { kind: 'grant', name: 'table public.shop to app', facts: {} };
    expect(diffShapes(shapeOf(grant), shapeOf()).map(({ kind, what }) => [kind, what])).toEqual([['grant', 'missing']]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffShapes, differenceInWords } from '#core/shape/diff.js';
import { countDifferences, readableDiff } from '#core/shape/readable-diff.js';
import { diffLines } from '#core/shape/diff-lines.js';
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
        facts: [
          { fact: 'notNull', expected: false },
          { fact: 'type', expected: 'text', found: 'integer' },
        ],
      },
      { kind: 'index', name: 'public.shop_name', what: 'extra', facts: [] },
      { kind: 'view', name: 'public.shop', what: 'missing', facts: [] },
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
    const found = diffShapes(without, withNull);
    expect(found[0]?.facts).toEqual([{ fact: 'default', found: null }]);
    expect(found.map(differenceInWords)).toEqual(['column public.shop.name: default: none -> null']);
  });

  it('shows the definitions where the facts are too long to read', () => {
    const tree = (value: string): ShapeObject => ({
      kind: 'view',
      name: 'public.v',
      facts: { query: Array.from({ length: 100 }, () => ({ of: { a: [value] } })) },
      definition: `SELECT ${value}`,
    });
    const found = diffShapes(shapeOf(tree('1')), shapeOf(tree('2')));
    expect(found.map(differenceInWords)).toEqual([
      'view public.v: query differs, definition: "SELECT 1" -> "SELECT 2"',
    ]);
    expect(readableDiff(found)).toEqual([
      'view public.v is not as expected',
      '  - definition: SELECT 1',
      '  + definition: SELECT 2',
    ]);
  });

  it('takes a definition that is written in another way for the same', () => {
    const view: ShapeObject = { kind: 'view', name: 'public.v', facts: { query: 1 }, definition: 'SELECT 1' };
    expect(diffShapes(shapeOf(view), shapeOf({ ...view, definition: 'select 1' }))).toEqual([]);
  });

  it('lists owners and grants too', () => {
    const grant: ShapeObject = { kind: 'grant', name: 'table public.shop to app', facts: {} };
    expect(diffShapes(shapeOf(grant), shapeOf()).map(({ kind, what }) => [kind, what])).toEqual([['grant', 'missing']]);
  });
});

describe('readableDiff', () => {
  it('shows every fact of what is missing or extra, and both sides of what has changed', () => {
    const index: ShapeObject = { kind: 'index', name: 'public.i', facts: { unique: true } };
    const extra: ShapeObject = { kind: 'table', name: 'public.t', facts: { options: [] } };
    const found = diffShapes(
      shapeOf(column, index),
      shapeOf({ ...column, facts: { type: '', notNull: false } }, extra),
    );
    expect(readableDiff(found)).toEqual([
      'column public.shop.name is not as expected',
      '  - type: text',
      "  + type: ''",
      '',
      'index public.i is missing',
      '  - unique: true',
      '',
      'table public.t is not expected',
      '  + options: []',
    ]);
    expect(countDifferences(found)).toBe('1 missing, 1 not expected, 1 changed');
  });

  it('compares long texts line by line', () => {
    const body = (line: string): ShapeObject => ({
      kind: 'function',
      name: 'public.f()',
      facts: { body: ['one', 'two', 'three', 'four', line, 'six', 'seven', 'eight'].join('\n') },
    });
    expect(readableDiff(diffShapes(shapeOf(body('five')), shapeOf(body('5'))))).toEqual([
      'function public.f() is not as expected',
      '    body:',
      '      ...',
      '      three',
      '      four',
      '  -   five',
      '  +   5',
      '      six',
      '      seven',
      '      ...',
    ]);
  });
});

describe('diffLines', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });

  it('has each side whole, but for the equal lines that it leaves out', () => {
    fc.assert(
      fc.property(words, words, (left, right) => {
        const lines = diffLines(left, right);
        const side = (mark: string): string[] =>
          lines.filter((line) => line.side !== mark && line.text !== '...').map(({ text }) => text);
        const isPart = (part: readonly string[], whole: readonly string[]): boolean => {
          let at = 0;
          for (const text of whole) if (text === part[at]) at += 1;
          return at === part.length;
        };
        return isPart(side('+'), left) && isPart(side('-'), right);
      }),
    );
  });

  it('shows no more as different than has to be', () => {
    expect(diffLines(['a', 'b', 'c'], ['b', 'c', 'd'])).toEqual([
      { side: '-', text: 'a' },
      { side: ' ', text: 'b' },
      { side: ' ', text: 'c' },
      { side: '+', text: 'd' },
    ]);
  });
});

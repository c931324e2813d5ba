import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildFullyQualifiedName, hashOfName, splitFullyQualifiedName } from '#catalog/fully-qualified-name.js';

/** Names made of what is hard about them, and of anything else. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('.', '"', '""', 'a', ' ', '\n', 'é', '😀'), minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
);
const names = fc.array(name, { minLength: 1, maxLength: 5 });

test('what was joined is split again into the same names', () => {
  fc.assert(
    fc.property(names, (list) => {
      expect(splitFullyQualifiedName(buildFullyQualifiedName(list))).toEqual(list);
    }),
  );
});

test('different lists of names never make the same fully qualified name', () => {
  fc.assert(
    fc.property(names, names, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      expect(buildFullyQualifiedName(one)).not.toBe(buildFullyQualifiedName(other));
    }),
  );
});

test.each([
  [['shop', 'public', 'orders'], 'shop.public.orders'],
  [['shop', 'a.b'], 'shop."a.b"'],
  [['say "hi"'], '"say ""hi"""'],
  [['"'], '""""'],
  [[' a '], ' a '],
])('%j is written %s', (list, text) => {
  expect(buildFullyQualifiedName(list)).toBe(text);
  expect(splitFullyQualifiedName(text)).toEqual(list);
});

test.each(['', '.', 'a.', '.a', 'a..b', '"', '"a', '"a"b', 'a"b', '""', '"a".', 'a."b"c'])('%j is refused', (text) => {
  expect(() => splitFullyQualifiedName(text)).toThrow(/is no fully qualified name/);
});

test('whatever is split is written the same way again', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('.', '"', 'a', 'b'), maxLength: 12 }), (text) => {
      const parts = tryToSplit(text);
      fc.pre(parts !== undefined);
      // Quotes around a name that does not need them are the only difference there can be.
      expect(splitFullyQualifiedName(buildFullyQualifiedName(parts))).toEqual(parts);
    }),
  );
});

test('the hash is SHA-256 over UTF-8, in hex', () => {
  expect(hashOfName('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(hashOfName('é')).not.toBe(hashOfName('e\u0301'));
});

function tryToSplit(text: string): string[] | undefined {
  try {
    return splitFullyQualifiedName(text);
  } catch {
    return undefined;
  }
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '#core/backup/archive/canonical-json.js';

test('keys are sorted by UTF-16 code units, at every depth, and nothing is added', () => {
  const value = { b: [1, { z: null, a: 'ä\n"' }], '\u{1f600}': true, '\u{ff5e}': 1e21, a: -0 };
  expect(canonicalJson(value)).toBe('{"a":0,"b":[1,{"a":"ä\\n\\"","z":null}],"\u{1f600}":true,"\u{ff5e}":1e+21}');
});

test('the text says the same as the value, and equal values have equal texts', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const same: unknown = JSON.parse(JSON.stringify(value));
      const text = canonicalJson(JSON.parse(JSON.stringify(value)));
      expect(JSON.parse(text)).toEqual(same);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});

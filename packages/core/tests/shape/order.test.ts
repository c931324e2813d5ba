import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes } from '#core/shape/order.js';

describe('compareBytes', () => {
  it('goes by the bytes of UTF-8', () => {
    const whole = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('puts characters beyond U+FFFF last', () => {
    expect(['🦊', '\u{FFFD}', '\u{E000}', 'z'].toSorted(compareBytes)).toEqual(['z', '\u{E000}', '\u{FFFD}', '🦊']);
  });
});

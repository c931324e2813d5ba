import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareReleases, compareVersions, parseVersion, releaseName } from '#core/release/version.js';

const version = (text: string): NonNullable<ReturnType<typeof parseVersion>> => {
  const found = parseVersion(text);
  if (!found) throw new Error(`${text} is not a version`);
  return found;
};

describe('versions', () => {
  it.each([
    ['1', '1.0', 0],
    ['1', '01', 0],
    ['1', '1_0_0', 0],
    ['1.2', '1.10', -1],
    ['2', '1.9.9.9', 1],
    ['1.2.0.1', '1.2', 1],
    ['20261122113025123456789', '20261122113025123456788', 1],
  ])('%s against %s', (left, right, expected) => {
    expect(compareVersions(version(left), version(right))).toBe(expected);
  });

  it.each(['', '1.', '1..2', '.1', 'x', '1a', '+1', '-1', '1 '])('refuses %j', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });

  it('keeps the text for display', () => {
    expect(version('1_0').text).toBe('1.0');
  });

  it('orders as tuples of numbers do', () => {
    const parts = fc.array(fc.bigInt(0n, 10n ** 30n), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const length = Math.max(left.length, right.length);
        const pad = (list: readonly bigint[]): string =>
          Array.from({ length }, (_, index) => String(list[index] ?? 0n).padStart(31, '0')).join('.');
        const expected = pad(left) < pad(right) ? -1 : Number(pad(left) > pad(right));
        expect(compareVersions(version(left.join('.')), version(right.join('_')))).toBe(expected);
      }),
    );
  });

  it('names the release of a migration', () => {
    expect(releaseName(version('1.2.0.1'))).toBe('1.2.0');
    expect(releaseName(version('3'))).toBe('3.0.0');
  });

  it('puts what lies beyond a release after it', () => {
    expect(compareReleases('1.2.0', '1.2.0+1')).toBeLessThan(0);
    expect(compareReleases('1.2.0+2', '1.10.0')).toBeLessThan(0);
    expect(compareReleases('1.2.0', '1.2.0')).toBe(0);
  });
});

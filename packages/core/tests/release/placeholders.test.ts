import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlaceholders, replacePlaceholders } from '#core/release/placeholders.js';
import type { PlaceholderSource } from '#core/release/product.js';

const replace = (text: string, source: PlaceholderSource): string => {
  const placeholders = readPlaceholders(source);
  if (!placeholders) throw new Error('nothing is replaced');
  return replacePlaceholders(text, placeholders, 'deep/V1__x.sql').text;
};
const values = { owner: 'anna', Empty: '', twice: '${owner}' };

describe('placeholders', () => {
  it.each([
    ['GRANT x TO ${owner};', 'GRANT x TO anna;'],
    ["'${OWNER}' -- ${Owner}", "'anna' -- anna"],
    ['a${empty}b', 'ab'],
    ['${twice}', '${owner}'],
    ['$owner {owner} $$ ${owner}}', '$owner {owner} $$ anna}'],
    ['${flyway:filename} ${FLYWAY:TABLE} ${flyway:environment}', 'V1__x.sql flyway_schema_history default'],
    ['${flyway:user} ${flyway:timestamp}', '${flyway:user} ${flyway:timestamp}'],
  ])('%s', (text, expected) => {
    expect(replace(text, { values })).toBe(expected);
  });

  it('says where one has no value', () => {
    expect(() => replace('SELECT 1;\r\nSELECT ${Nobody};', { values })).toThrow(
      expect.objectContaining({
        code: 'PLACEHOLDER_MISSING',
        details: { placeholder: '${Nobody}', file: 'deep/V1__x.sql', line: '2' },
      }),
    );
    expect(() => replace('SELECT ${owner', { values })).toThrow(/does not end/);
  });

  it('has other marks where they are given', () => {
    expect(replace('${owner} @owner@', { values, prefix: '@', suffix: '@' })).toBe('${owner} anna');
  });

  it.each([{ values: { a: '1', A: '2' } }, { prefix: '' }, { suffix: '' }])('refuses %j', (source) => {
    expect(() => readPlaceholders(source)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('leaves every other text as it is, and what it puts in', () => {
    const piece = fc.string().filter((text) => !text.includes('${') && !text.endsWith('$'));
    fc.assert(
      fc.property(fc.array(piece), fc.string(), (pieces, value) => {
        expect(replace(pieces.join('${Name}'), { values: { name: value } })).toBe(pieces.join(value));
      }),
    );
  });
});

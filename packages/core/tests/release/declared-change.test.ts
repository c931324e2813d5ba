import { describe, expect, it } from 'vitest';
import { declaredChanges, isDeclared } from '#core/release/declared-change.js';

const shop = { schema: 'public', name: 'shop', label: 'public.shop' };

describe('declared changes', () => {
  it('reads the first comments only', () => {
    const text = `-- a header\n-- lockstep: changes shop.owner, "public"."a.b"."c d"\n-- lockstep: drops old\nSELECT 1;\n-- lockstep: changes x\n`;
    expect(declaredChanges(text, 'x.sql')).toEqual([
      { what: 'changes', table: 'shop', column: 'owner' },
      { what: 'changes', table: 'public.a.b', column: 'c d' },
      { what: 'drops', table: 'old', column: undefined },
    ]);
  });

  it('reads TypeScript and MySQL comments', () => {
    expect(declaredChanges('// lockstep: changes a.b\nimport x;', 'x.ts')).toHaveLength(1);
    expect(declaredChanges('# lockstep: changes a.b\nSELECT 1', 'x.sql')).toHaveLength(1);
  });

  it.each(['-- lockstep: change a.b', '-- lockstep: changes', '-- lockstep: changes a.b.c.d'])('refuses %s', (text) => {
    expect(() => declaredChanges(text, 'x.sql')).toThrow(expect.objectContaining({ code: 'MIGRATION_UNREADABLE' }));
  });

  it('covers a column, or the table as a whole', () => {
    const changes = declaredChanges('-- lockstep: changes shop.owner, public.bill', 'x.sql');
    expect(isDeclared(changes, shop, 'owner')).toBe(true);
    expect(isDeclared(changes, shop, 'name')).toBe(false);
    expect(isDeclared(changes, shop)).toBe(false);
    expect(isDeclared(declaredChanges('-- lockstep: drops shop', 'x.sql'), shop, 'name')).toBe(true);
  });
});

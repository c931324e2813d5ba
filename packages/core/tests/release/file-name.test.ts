import { describe, expect, it } from 'vitest';
import { parseFileName } from '#core/release/file-name.js';
import { flywayNaming } from '#core/release/product.js';

const parse = (name: string, naming = flywayNaming): unknown => {
  const found = parseFileName(name, naming);
  if (found?.kind !== 'migration') return found && [found.kind, 'event' in found ? found.event : found.version?.text];
  return [found.version?.text ?? null, found.description, found.language];
};

describe('names of migrations', () => {
  it.each([
    ['V1.2.0.1__add_owner.sql', ['1.2.0.1', 'add owner', 'sql']],
    ['deep/er/V2__x.SQL', ['2', 'x', 'sql']],
    ['V1_1__a__b.sql', ['1.1', 'a  b', 'sql']],
    ['V1.sql', ['1', '', 'sql']],
    ['V1___x.sql', ['1', ' x', 'sql']],
    ['R__views.sql', [null, 'views', 'sql']],
    ['V3__fill.ts', ['3', 'fill', 'typescript']],
    ['V3__fill.d.ts', undefined],
    ['releases.json', undefined],
    ['README.md', undefined],
    ['notes.sql', undefined],
    ['U1.2__back.sql', ['undo', '1.2']],
    ['B3__all.sql', ['baseline', '3']],
    ['Users.sql', undefined],
    ['Banner__x.sql', undefined],
    ['beforeMigrate.sql', ['callback', 'beforeMigrate']],
    ['afterEachMigrate__grants.sql', ['callback', 'afterEachMigrate']],
    ['afterMigrateError.sql', ['callback', 'afterMigrateError']],
    ['beforeMigrate.ts', undefined],
    ['beforeClean.sql', ['event', undefined]],
    ['afterEachUndo__x.sql', ['event', undefined]],
  ])('%s', (name, expected) => {
    expect(parse(name)).toEqual(expected);
  });

  it.each([
    'V__x.sql',
    'Vx__y.sql',
    'V1.__x.sql',
    'R1__x.sql',
    'README.sql',
    'Views.sql',
    'afterMigrates.sql',
    'beforeMigrate1__x.sql',
    'afterMigrateApplied.sql',
    'createSchema.sql',
  ])('refuses %s', (name) => {
    expect(() => parse(name)).toThrow(expect.objectContaining({ code: 'MIGRATION_NAME_INVALID' }));
  });

  it('takes the names of other folders', () => {
    const naming = { versioned: 'v', repeatable: 'r', separator: '__', suffixes: ['.sql', '.ddl'] };
    expect(parse('v001__create_db.sql', naming)).toEqual(['001', 'create db', 'sql']);
    expect(parse('v2__x.ddl', naming)).toEqual(['2', 'x', 'sql']);
  });
});

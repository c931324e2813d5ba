import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diffShapes } from '#core/shape/diff.js';
import { describeEachServer } from './servers.ts';
import { makeShape, openEmpty } from './shapes.ts';

/** Names that have to be quoted in one place or another. */
const nasty = [
  '"',
  `'`,
  '\\',
  '$do$',
  '$$',
  ';',
  '--',
  '/*',
  '%',
  '.',
  ' ',
  '\n',
  '\r\n\t',
  '​',
  'ＡＢ',
  '🦊',
  '󰀀',
  '$1',
  'select',
  'system_user',
  'PUBLIC',
];

/** Short enough for the names of 63 bytes that the server makes of two of them. */
const anyName = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 6 })
  .map((name) => name.replaceAll('\0', '0').replace(/[\ud800-\udfff]/gu, '?'));

describeEachServer('names', (engine) => {
  it('of everything may be anything', async () => {
    const original = await openEmpty(engine);
    const copy = await openEmpty(engine);
    const names = [...new Set([...nasty, ...fc.sample(anyName, 30)])];
    const schemas = names.map((name) => `${name}!`);
    for (const name of names) {
      for (const statement of statements(`${name}!`, name)) await original.session.execute(statement);
    }
    const shape = await original.session.describe(schemas);
    expect(shape.unsupported).toEqual([]);
    expect(shape.tables.length).toBe(names.length);
    await makeShape(copy.session, shape);
    expect(diffShapes(shape, await copy.session.describe(schemas))).toEqual([]);
    await copy.session.wipe(schemas);
    const left = (await copy.session.describe(schemas)).objects;
    expect(left.filter(({ kind }) => kind !== 'schema' && kind !== 'owner')).toEqual([]);
  });
});

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function statements(schema: string, name: string): string[] {
  const [s, n, text] = [quote(schema), quote(name), `'${name.replaceAll("'", "''")}'`];
  const [table, type] = [`${s}.${n}`, `${s}.${quote(`${name}t`)}`];
  const [domain, view] = [`${s}.${quote(`${name}d`)}`, `${s}.${quote(`${name}v`)}`];
  return [
    `CREATE SCHEMA ${s}`,
    `CREATE TYPE ${type} AS ENUM (${text})`,
    `CREATE DOMAIN ${domain} AS text CONSTRAINT ${n} CHECK (VALUE <> ${text})`,
    `CREATE FUNCTION ${s}.${n}(${n} ${type}) RETURNS ${domain} LANGUAGE sql IMMUTABLE AS 'SELECT NULL'`,
    `CREATE FUNCTION ${s}.${quote(`${name}f`)}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
    `CREATE TABLE ${table} (${n} ${type} DEFAULT ${text}::${type}, ${quote(`${name}i`)} integer GENERATED ALWAYS AS IDENTITY,
      ${quote(`${name}s`)} serial, CONSTRAINT ${quote(`${name}k`)} UNIQUE (${n}), CONSTRAINT ${quote(`${name}c`)} CHECK (${n}::text <> ${text}))`,
    `CREATE INDEX ${quote(`${name}x`)} ON ${table} (${n}) WHERE ${n} = ${text}`,
    `CREATE VIEW ${view} AS SELECT ${n} AS ${quote(`${name}a`)}, ${s}.${n}(${n}) FROM ${table} AS ${quote(`${name}l`)}`,
    `CREATE TRIGGER ${n} AFTER INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${s}.${quote(`${name}f`)}(${text})`,
    `ALTER TABLE ${table} DISABLE TRIGGER ${n}`,
    `CREATE POLICY ${n} ON ${table} USING (${n} = ${text})`,
    `COMMENT ON COLUMN ${s}.${n}.${n} IS ${text}`,
    `COMMENT ON TRIGGER ${n} ON ${table} IS ${text}`,
    `COMMENT ON CONSTRAINT ${n} ON DOMAIN ${domain} IS ${text}`,
    `GRANT SELECT (${n}) ON ${table} TO zoo_owner`,
  ];
}

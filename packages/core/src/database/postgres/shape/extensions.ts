import type { Row } from '../../database.ts';
import { quote } from '../quote.ts';
import type { Catalogue } from './catalogue.ts';
import { display } from './name.ts';
import type { Parts } from './parts.ts';
import { flag, text } from './row.ts';
import type { Scope } from './scope.ts';

/** All of the database. plpgsql is part of every server. */
export function extensionsQuery(scope: Scope): string {
  return `SELECT x.oid, x.extname AS name, n.nspname AS schema, n.nspname = ANY (${scope.schemas}) AS inside
    FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
    WHERE x.extname <> 'plpgsql' ORDER BY x.extname COLLATE "C"`;
}

/** What an extension brought along is made by the extension. */
export function registerMembers(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.members) parts.madeBy(text(row, 'address'), `pg_extension:${text(row, 'extension')}`);
}

/**
 * Extensions that stand in the schemas, and those that something in the schemas is made with: to be called after
 * everything else was described. Others are the operator's, such as one that gathers statistics. Versions are left
 * out: they come with the server.
 */
export function describeExtensions(catalogue: Catalogue, parts: Parts): void {
  const used = usedExtensions(catalogue, parts);
  for (const row of catalogue.extensions.filter((each) => used.has(text(each, 'oid')))) describe(row, parts);
}

function describe(row: Row, parts: Parts): void {
  const [name, schema] = [text(row, 'name'), text(row, 'schema')];
  const step = { stage: 'extension', kind: 'extension', name: display(name) } as const;
  const address = `pg_extension:${text(row, 'oid')}`;
  parts.object('extension', display(name), { schema });
  // Names that begin with pg_ are the server's own.
  if (!flag(row, 'inside') && !schema.startsWith('pg_')) {
    parts.step({ ...step, address: `${address} schema`, create: `CREATE SCHEMA IF NOT EXISTS ${quote(schema)}` });
  }
  parts.step({
    ...step,
    address,
    needs: [`${address} schema`],
    create: `CREATE EXTENSION IF NOT EXISTS ${quote(name)} WITH SCHEMA ${quote(schema)}`,
  });
}

function usedExtensions(catalogue: Catalogue, parts: Parts): Set<string> {
  const described = new Set(parts.steps.map((step) => step.address));
  const used = new Set(catalogue.extensions.filter((row) => flag(row, 'inside')).map((row) => text(row, 'oid')));
  const add = (address: string): void => {
    const [kind, oid] = parts.makerOf(address).split(':');
    if (kind === 'pg_extension' && oid !== undefined) used.add(oid);
  };
  for (const [address, needs] of catalogue.neededBy) {
    if (described.has(parts.makerOf(address))) for (const need of needs) add(need.address);
  }
  // A set grows while it is read: what an extension needs is needed too.
  for (const oid of used) for (const need of catalogue.neededBy.get(`pg_extension:${oid}`) ?? []) add(need.address);
  return used;
}

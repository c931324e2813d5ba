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

/**
 * Extensions that stand in the schemas, and those that something in the schemas is made with. Others are the
 * operator's, such as one that gathers statistics. Versions are left out: they come with the server.
 */
export function describeExtensions(catalogue: Catalogue, parts: Parts): void {
  const used = usedExtensions(catalogue);
  for (const row of catalogue.extensions.filter((each) => used.has(text(each, 'oid')))) describe(row, parts);
  for (const row of catalogue.members) parts.madeBy(text(row, 'address'), `pg_extension:${text(row, 'extension')}`);
}

function describe(row: Row, parts: Parts): void {
  const [name, schema] = [text(row, 'name'), text(row, 'schema')];
  const step = { stage: 'extension', kind: 'extension', name: display(name) } as const;
  const address = `pg_extension:${text(row, 'oid')}`;
  parts.object('extension', display(name), { schema });
  if (!flag(row, 'inside')) {
    parts.step({ ...step, address: `${address} schema`, create: `CREATE SCHEMA IF NOT EXISTS ${quote(schema)}` });
  }
  parts.step({
    ...step,
    address,
    needs: [`${address} schema`],
    create: `CREATE EXTENSION IF NOT EXISTS ${quote(name)} WITH SCHEMA ${quote(schema)}`,
  });
}

function usedExtensions(catalogue: Catalogue): Set<string> {
  const extensionOf = new Map(catalogue.members.map((row) => [text(row, 'address'), text(row, 'extension')]));
  const needed = [...catalogue.neededBy].filter(([address]) => !address.startsWith('pg_extension:'));
  const used = new Set(catalogue.extensions.filter((row) => flag(row, 'inside')).map((row) => text(row, 'oid')));
  for (const { address } of needed.flatMap(([, references]) => references)) {
    const extension = extensionOf.get(address);
    if (extension !== undefined) used.add(extension);
  }
  // A set grows while it is read: what an extension needs is needed too.
  for (const oid of used) {
    for (const { address } of catalogue.neededBy.get(`pg_extension:${oid}`) ?? []) {
      if (address.startsWith('pg_extension:')) used.add(address.slice('pg_extension:'.length));
    }
  }
  return used;
}

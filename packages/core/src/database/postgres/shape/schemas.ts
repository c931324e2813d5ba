import { quote } from '../quote.ts';
import type { Catalogue } from './catalogue.ts';
import { display } from './name.ts';
import type { Parts } from './parts.ts';
import { text } from './row.ts';
import type { Scope } from './scope.ts';

export function schemasQuery(scope: Scope): string {
  return `SELECT n.oid, n.nspname AS name FROM pg_namespace n
    WHERE n.nspname = ANY (${scope.schemas}) ORDER BY n.nspname COLLATE "C"`;
}

export function describeSchemas(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.schemas) {
    const name = text(row, 'name');
    const address = `pg_namespace:${text(row, 'oid')}`;
    parts.object('schema', display(name), {});
    parts.target(address, { label: `schema ${display(name)}`, sql: `SCHEMA ${quote(name)}` });
    parts.step({
      address,
      stage: 'schema',
      kind: 'schema',
      name: display(name),
      create: `CREATE SCHEMA IF NOT EXISTS ${quote(name)}`,
    });
  }
}

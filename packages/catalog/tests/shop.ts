import { textOf } from './running-catalog.ts';
import type { Answer, TestCatalog } from './running-catalog.ts';

/** The entity in an answer that has to be a success. */
export function entityOf(answer: Answer): Readonly<Record<string, unknown>> & { readonly id: string } {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return { ...answer.body, id: textOf(answer.body['id']) };
}

/** Makes a service, a database in it and a schema in that, and returns their ids. The schema is `NAME.db.public`. */
export async function makeShop(catalog: TestCatalog, name: string) {
  const service = await catalog.put('/api/v1/services/databaseServices', { name, serviceType: 'Postgres' });
  const database = await catalog.put('/api/v1/databases', { name: 'db', service: name });
  const schema = await catalog.put('/api/v1/databaseSchemas', { name: 'public', database: `${name}.db` });
  return {
    service: entityOf(service),
    database: entityOf(database),
    schema: entityOf(schema),
    path: `${name}.db.public`,
  };
}

export async function makeUser(catalog: TestCatalog, name: string) {
  return entityOf(await catalog.put('/api/v1/users', { name, email: `${name}@example.com` }));
}

/** A table of two columns; `more` is added to the request. */
export async function makeTable(catalog: TestCatalog, schema: string, name: string, more: object = {}) {
  return entityOf(await catalog.put('/api/v1/tables', tableRequest(schema, name, more)));
}

export function tableRequest(schema: string, name: string, more: object = {}) {
  return {
    name,
    databaseSchema: schema,
    columns: [
      { name: 'id', dataType: 'BIGINT', constraint: 'PRIMARY_KEY', ordinalPosition: 1 },
      { name: 'note', dataType: 'VARCHAR', dataTypeDisplay: 'varchar(80)', constraint: 'NULL', ordinalPosition: 2 },
    ],
    ...more,
  };
}

import type { Session } from '@lockstep/core';
import { columnsIn, mapColumns } from '../entities/columns.ts';
import type { Entity, EntityDocument } from '../entities/document.ts';
import { ownersOf } from '../store/owners.ts';
import { labelsOf } from '../store/tag-usage.ts';
import type { Labels } from '../store/tag-usage.ts';

/** Which of the things that are stored beside the documents are wanted. */
export interface Fields {
  readonly owners: boolean;
  readonly tags: boolean;
}

export const allFields: Fields = { owners: true, tags: true };

/** Documents as the API shows them. */
export async function present(
  session: Session,
  documents: readonly EntityDocument[],
  fields: Fields = allFields,
): Promise<Entity[]> {
  const ids = documents.map(({ id }) => id);
  const owners = fields.owners ? await ownersOf(session, ids) : undefined;
  const labels = fields.tags ? await labelsOf(session, ids) : undefined;
  return documents.map((document) => ({
    ...document,
    ...withColumns(document, labels?.get(document.id)),
    ...(owners && { owners: owners.get(document.id) ?? [] }),
    ...(labels && { tags: [...(labels.get(document.id)?.get(document.fullyQualifiedName) ?? [])] }),
  }));
}

export async function presentOne(session: Session, document: EntityDocument, fields?: Fields): Promise<Entity> {
  const [entity] = await present(session, [document], fields);
  if (entity) return entity;
  throw new Error(`The document ${document.id} was not presented.`);
}

/** The columns with their fully qualified names and tags. */
function withColumns(document: EntityDocument, labels: Labels | undefined): Pick<EntityDocument, string> {
  if (document['columns'] === undefined) return {};
  const columns = mapColumns(columnsIn(document['columns']), document.fullyQualifiedName, (column, name) => {
    const tags = labels?.get(name);
    return { ...column, fullyQualifiedName: name, ...(tags && { tags: [...tags] }) };
  });
  return { columns };
}

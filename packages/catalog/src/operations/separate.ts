import { columnsIn, mapColumns } from '../entities/columns.ts';
import type { Entity, EntityDocument, EntityReference, TagLabel } from '../entities/document.ts';
import { isTagLabel } from '../entities/document.ts';
import type { Labels } from '../store/tag-usage.ts';

/** An entity taken apart into what is stored in different places. The inverse of `present`. */
export interface Separated {
  readonly document: EntityDocument;
  readonly owners: readonly EntityReference[];
  readonly labels: Labels;
}

export function separate(entity: Entity): Separated {
  const { owners = [], tags = [], ...document } = entity;
  const labels = new Map<string, readonly TagLabel[]>();
  if (tags.length > 0) labels.set(entity.fullyQualifiedName, tags);
  if (document['columns'] === undefined) return { document, owners, labels };

  const columns = mapColumns(columnsIn(document['columns']), entity.fullyQualifiedName, (column, name) => {
    const { tags: columnTags, fullyQualifiedName: _, ...rest } = column;
    const found = Array.isArray(columnTags) ? columnTags.filter(isTagLabel) : [];
    if (found.length > 0) labels.set(name, found);
    return rest;
  });
  return { document: { ...document, columns }, owners, labels };
}

import { kinds } from '../entities/kinds.ts';
import { hashOfName } from '../fully-qualified-name.ts';
import type { RowSink } from './bulk.ts';
import { classificationJson, databaseJson, schemaJson, serviceJson, tagJson, userJson } from './documents.ts';
import type { Json } from './json.ts';
import { databaseOfSchema, placeOfTable, serviceOfDatabase } from './layout.ts';
import { lineageOf } from './lineage.ts';
import type { Known, Model } from './model.ts';
import { movedOwners, ownersOf } from './owners.ts';
import type { Owners } from './owners.ts';
import type { SampleForm } from './release.ts';
import { tableDocuments } from './table-document.ts';
import { classificationNames, tagNames } from './tag-names.ts';
import { tagUsesOf } from './tag-usage.ts';

/** Adds entity by entity, parents first, and says after each one how many tables there are. */
export function* addRows(rows: RowSink, model: Model, form: SampleForm): Generator<number> {
  for (let index = 0; index < model.counts.users; index++) {
    const user = model.user(index);
    addDocument(rows, user, userJson(model, user));
    yield 0;
  }
  for (let index = 0; index < model.counts.services; index++) {
    const service = model.service(index);
    addDocument(rows, service, serviceJson(model, service, addOwners(rows, model, service, form)));
    yield 0;
  }
  for (let index = 0; index < model.counts.databases; index++) {
    const database = model.database(index);
    addDocument(rows, database, databaseJson(model, database, addOwners(rows, model, database, form)));
    addContains(rows, model.service(serviceOfDatabase(index)), database);
    yield 0;
  }
  for (let index = 0; index < model.counts.schemas; index++) {
    const schema = model.schema(index);
    addDocument(rows, schema, schemaJson(model, schema, addOwners(rows, model, schema, form)));
    addContains(rows, model.database(databaseOfSchema(index)), schema);
    yield 0;
  }
  if (form.tags) addTags(rows, model);
  for (let index = 0; index < model.counts.tables; index++) {
    addTable(rows, model, form, index);
    yield index + 1;
  }
}

function addTable(rows: RowSink, model: Model, form: SampleForm, index: number): void {
  const table = model.table(index);
  const owners = ownersOf(model, table);
  const { current, earlier, columns } = tableDocuments(model, table, owners, form.ownersInside);
  addDocument(rows, table, current);
  if (earlier !== undefined) {
    rows.add('entity_version', { id: table.id, version: '0.1', entity: table.type, json: earlier });
  }
  addContains(rows, model.schema(placeOfTable(index).schema), table);
  addMovedOwners(rows, table, owners, form);
  if (form.lineage) {
    for (const { from, to, json } of lineageOf(model, table)) addRelationship(rows, from, to, 'upstream', { json });
  }
  if (form.tags) addTagUses(rows, model, table, columns);
}

function addTags(rows: RowSink, model: Model): void {
  for (const [index] of classificationNames.entries()) {
    const classification = model.classification(index);
    addDocument(rows, classification, classificationJson(model, classification));
    for (const [place] of tagNames.entries()) {
      const tag = model.tag(index * tagNames.length + place);
      addDocument(rows, tag, tagJson(model, tag, classification));
      addContains(rows, classification, tag);
    }
  }
}

/** The owners for the document, if that is their place. */
function addOwners(rows: RowSink, model: Model, known: Known, form: SampleForm): Owners | undefined {
  const owners = ownersOf(model, known);
  addMovedOwners(rows, known, owners, form);
  return form.ownersInside ? owners : undefined;
}

function addMovedOwners(rows: RowSink, known: Known, owners: Owners, form: SampleForm): void {
  if (form.ownersInside) return;
  for (const { id, json, sortOrder, unresolved } of movedOwners(owners)) {
    const sort_order = String(sortOrder);
    if (unresolved === undefined) addRelationship(rows, { id, type: 'user' }, known, 'owns', { json, sort_order });
    else
      rows.add('unresolved_owner', { entity_id: known.id, sort_order, entity: known.type, json, reason: unresolved });
  }
}

function addTagUses(rows: RowSink, model: Model, table: Known, columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const { tag, targetName, targetHash, labelType, state } of tagUsesOf(model, table, columns)) {
    const key = `${targetHash} ${tag.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    rows.add('tag_usage', {
      target_id: table.id,
      target_hash: targetHash,
      tag_id: tag.id,
      target_entity: table.type,
      target_fqn: targetName,
      label_type: labelType,
      state,
    });
  }
}

function addDocument(rows: RowSink, known: Known, json: Json): void {
  rows.add(kinds[known.type].table, { id: known.id, json, fqn_hash: hashOfName(known.fullyQualifiedName) });
}

/** `deleted` says that the child was deleted because its parent was. */
function addContains(rows: RowSink, parent: Known, child: Known): void {
  addRelationship(rows, parent, child, 'contains', { deleted: parent.deleted && child.deleted ? '1' : '0' });
}

function addRelationship(
  rows: RowSink,
  from: Pick<Known, 'id' | 'type'>,
  to: Pick<Known, 'id' | 'type'>,
  relation: string,
  more: Readonly<Record<string, string>>,
): void {
  rows.add('entity_relationship', {
    from_id: from.id,
    to_id: to.id,
    from_entity: from.type,
    to_entity: to.type,
    relation,
    json: null,
    deleted: '0',
    sort_order: '0',
    ...more,
  });
}

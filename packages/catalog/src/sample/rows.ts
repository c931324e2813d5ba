import { kinds } from '../entities/kinds.ts';
import { hashOfName } from '../fully-qualified-name.ts';
import type { Bulk } from './bulk.ts';
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
export function* addRows(bulk: Bulk, model: Model, form: SampleForm): Generator<number> {
  for (let index = 0; index < model.counts.users; index++) {
    const user = model.user(index);
    addDocument(bulk, user, userJson(model, user));
    yield 0;
  }
  for (let index = 0; index < model.counts.services; index++) {
    const service = model.service(index);
    addDocument(bulk, service, serviceJson(model, service, addOwners(bulk, model, service, form)));
    yield 0;
  }
  for (let index = 0; index < model.counts.databases; index++) {
    const database = model.database(index);
    addDocument(bulk, database, databaseJson(model, database, addOwners(bulk, model, database, form)));
    addContains(bulk, model.service(serviceOfDatabase(index)), database);
    yield 0;
  }
  for (let index = 0; index < model.counts.schemas; index++) {
    const schema = model.schema(index);
    addDocument(bulk, schema, schemaJson(model, schema, addOwners(bulk, model, schema, form)));
    addContains(bulk, model.database(databaseOfSchema(index)), schema);
    yield 0;
  }
  if (form.tags) addTags(bulk, model);
  for (let index = 0; index < model.counts.tables; index++) {
    addTable(bulk, model, form, index);
    yield index + 1;
  }
}

function addTable(bulk: Bulk, model: Model, form: SampleForm, index: number): void {
  const table = model.table(index);
  const owners = ownersOf(model, table);
  const { current, earlier, columns } = tableDocuments(model, table, owners, form.ownersInside);
  addDocument(bulk, table, current);
  if (earlier !== undefined) {
    bulk.add('entity_version', { id: table.id, version: '0.1', entity: table.type, json: earlier });
  }
  addContains(bulk, model.schema(placeOfTable(index).schema), table);
  addMovedOwners(bulk, table, owners, form);
  if (form.lineage) {
    for (const { from, to, json } of lineageOf(model, table)) addRelationship(bulk, from, to, 'upstream', { json });
  }
  if (form.tags) addTagUses(bulk, model, table, columns);
}

function addTags(bulk: Bulk, model: Model): void {
  for (const [index] of classificationNames.entries()) {
    const classification = model.classification(index);
    addDocument(bulk, classification, classificationJson(model, classification));
    for (const [place] of tagNames.entries()) {
      const tag = model.tag(index * tagNames.length + place);
      addDocument(bulk, tag, tagJson(model, tag, classification));
      addContains(bulk, classification, tag);
    }
  }
}

/** The owners for the document, if that is their place. */
function addOwners(bulk: Bulk, model: Model, known: Known, form: SampleForm): Owners | undefined {
  const owners = ownersOf(model, known);
  addMovedOwners(bulk, known, owners, form);
  return form.ownersInside ? owners : undefined;
}

function addMovedOwners(bulk: Bulk, known: Known, owners: Owners, form: SampleForm): void {
  if (form.ownersInside) return;
  for (const { id, json, sortOrder, unresolved } of movedOwners(owners)) {
    const sort_order = String(sortOrder);
    if (unresolved === undefined) addRelationship(bulk, { id, type: 'user' }, known, 'owns', { json, sort_order });
    else
      bulk.add('unresolved_owner', { entity_id: known.id, sort_order, entity: known.type, json, reason: unresolved });
  }
}

function addTagUses(bulk: Bulk, model: Model, table: Known, columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const { tag, targetName, targetHash, labelType, state } of tagUsesOf(model, table, columns)) {
    const key = `${targetHash} ${tag.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    bulk.add('tag_usage', {
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

function addDocument(bulk: Bulk, known: Known, json: Json): void {
  bulk.add(kinds[known.type].table, { id: known.id, json, fqn_hash: hashOfName(known.fullyQualifiedName) });
}

/** `deleted` says that the child was deleted because its parent was. */
function addContains(bulk: Bulk, parent: Known, child: Known): void {
  addRelationship(bulk, parent, child, 'contains', { deleted: parent.deleted && child.deleted ? '1' : '0' });
}

function addRelationship(
  bulk: Bulk,
  from: Pick<Known, 'id' | 'type'>,
  to: Pick<Known, 'id' | 'type'>,
  relation: string,
  more: Readonly<Record<string, string>>,
): void {
  bulk.add('entity_relationship', {
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

import { join, sql } from '@lockstep/core';
import type { Row, Session } from '@lockstep/core';
import { isTagLabel } from '../entities/document.ts';
import type { EntityDocument, TagLabel } from '../entities/document.ts';
import { kinds } from '../entities/kinds.ts';
import { CatalogError } from '../errors.ts';
import { hashOfName } from '../fully-qualified-name.ts';
import { documentByName, documentsByIds, inPieces } from './documents.ts';
import type { EntityKey } from './relationships.ts';

/** The labels of an entity and its columns, by the fully qualified name of what they are on. */
export type Labels = ReadonlyMap<string, readonly TagLabel[]>;

/** The labels of each of these entities. */
export async function labelsOf(session: Session, ids: readonly string[]): Promise<Map<string, Labels>> {
  const rows: Row[] = [];
  for (const some of inPieces(ids)) {
    rows.push(
      ...(await session.query(sql`SELECT target_id, target_fqn, tag_id, label_type, state FROM tag_usage
        WHERE target_id IN (${join(some)})`)),
    );
  }
  const tags = await documentsByIds(
    session,
    kinds.tag,
    rows.map((row) => row['tag_id'] ?? ''),
  );
  const found = new Map<string, Map<string, TagLabel[]>>();
  for (const row of rows) {
    const tag = tags.get(row['tag_id'] ?? '');
    if (!tag) continue;
    const labels = getOrInsert(found, row['target_id'] ?? '', () => new Map<string, TagLabel[]>());
    getOrInsert(labels, row['target_fqn'] ?? '', () => []).push(labelOf(tag, row));
  }
  for (const labels of found.values()) for (const list of labels.values()) list.sort(byName);
  return found;
}

/** Replaces the labels of an entity and its columns. Throws NOT_FOUND for a tag that does not exist. */
export async function setLabels(session: Session, entity: EntityKey, labels: Labels): Promise<void> {
  const ids = await tagIds(session, labels);
  await session.run(sql`DELETE FROM tag_usage WHERE target_id = ${entity.id}`);
  const rows = [...labels].flatMap(([target, list]) => {
    const unique = new Map(list.map((label) => [label.tagFQN, label]));
    return [...unique.values()].map(
      ({ tagFQN, labelType = 'Manual', state = 'Confirmed' }) =>
        sql`(${entity.id}, ${hashOfName(target)}, ${ids.get(tagFQN) ?? ''}, ${entity.type}, ${target}, ${labelType}, ${state})`,
    );
  });
  for (const some of inPieces(rows)) {
    await session.run(sql`INSERT INTO tag_usage
      (target_id, target_hash, tag_id, target_entity, target_fqn, label_type, state) VALUES ${join(some)}`);
  }
}

async function tagIds(session: Session, labels: Labels): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { tagFQN } of [...labels.values()].flat()) {
    if (ids.has(tagFQN)) continue;
    const tag = await documentByName(session, kinds.tag, tagFQN);
    if (!tag) throw new CatalogError('NOT_FOUND', `There is no tag ${JSON.stringify(tagFQN)}.`);
    ids.set(tagFQN, tag.id);
  }
  return ids;
}

function labelOf(tag: EntityDocument, row: Row): TagLabel {
  const label: unknown = {
    tagFQN: tag.fullyQualifiedName,
    name: tag.name,
    ...(tag.description !== undefined && { description: tag.description }),
    source: 'Classification',
    labelType: row['label_type'],
    state: row['state'],
  };
  if (isTagLabel(label)) return label;
  throw new Error(`tag_usage holds an unknown label: ${JSON.stringify(row)}`);
}

function byName(one: TagLabel, other: TagLabel): number {
  return one.tagFQN < other.tagFQN ? -1 : 1;
}

function getOrInsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

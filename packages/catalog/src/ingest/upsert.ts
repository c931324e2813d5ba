import { LockstepError } from '@lockstep/core';
import type { Session } from '@lockstep/core';
import { read, write } from '../catalog.ts';
import type { EntityDocument, EntityRequest } from '../entities/document.ts';
import { parentOf } from '../entities/kind.ts';
import type { EntityKind } from '../entities/kind.ts';
import { kinds } from '../entities/kinds.ts';
import { quoteName } from '../fully-qualified-name.ts';
import { present } from '../operations/present.ts';
import { newEntity } from '../operations/put.ts';
import { readRequest } from '../operations/request.ts';
import { saveAllNew, saveChange } from '../operations/save.ts';
import { documentsByNames } from '../store/by-name.ts';
import { lockDocuments, shareDocument } from '../store/documents.ts';
import { forgetFallen } from '../store/relationships.ts';
import type { Found } from './found.ts';
import { mergeFound, newFields } from './merge.ts';
import type { Run } from './run.ts';
import { addTo, emptyTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** What the source has below one parent, by fully qualified name. */
type FoundByName = ReadonlyMap<string, Found>;

interface Saved {
  readonly tally: Tally;
  readonly documents: ReadonlyMap<string, EntityDocument>;
}

/**
 * Brings entities below a parent in line with the source: new ones are created, those whose source has changed get a
 * new version, deleted ones come back. Writes in one transaction, and not at all where nothing differs. Returns the
 * documents by fully qualified name. Throws EPOCH_CHANGED, INGEST_CHANGED.
 */
export async function upsert(
  run: Run,
  kind: EntityKind,
  parent: EntityDocument,
  found: readonly Found[],
): Promise<ReadonlyMap<string, EntityDocument>> {
  const { catalog } = run;
  const byName = new Map(found.map((one) => [`${parent.fullyQualifiedName}.${quoteName(one.name)}`, one]));
  const known = await read(catalog, (session) => documentsByNames(session, kind, [...byName.keys()]));
  const differing = new Map([...byName].filter(([name, one]) => differs(known.get(name), one)));
  run.tally(kind).unchanged += byName.size - differing.size;
  if (differing.size === 0) return known;

  const saved = await write(catalog, (session) => save(session, run, kind, parent, differing, known));
  addTo(run.tally(kind), saved.tally);
  return new Map([...known, ...saved.documents]);
}

/** {@link upsert} for one entity. */
export async function upsertOne(
  run: Run,
  kind: EntityKind,
  parent: EntityDocument,
  found: Found,
): Promise<EntityDocument> {
  const [document] = (await upsert(run, kind, parent, [found])).values();
  if (document) return document;
  throw new LockstepError('INTERNAL', { reason: `the ${kind.type} ${found.name} was not stored` });
}

function differs(known: EntityDocument | undefined, found: Found): boolean {
  return known === undefined || known.deleted || known['sourceHash'] !== found.fields['sourceHash'];
}

/** What is known was read before this transaction: it says what to lock, and the locked documents count. */
async function save(
  session: Session,
  run: Run,
  kind: EntityKind,
  parent: EntityDocument,
  found: FoundByName,
  known: ReadonlyMap<string, EntityDocument>,
): Promise<Saved> {
  await keepParent(session, run, kind, parent);
  const locked = await lockByNames(session, kind, [...found.keys()], known);
  const tally = emptyTally();
  const documents = new Map<string, EntityDocument>();
  for (const before of await present(session, locked)) {
    const name = before.fullyQualifiedName;
    const one = found.get(name);
    if (one === undefined) continue;
    const after = await saveChange(session, run.catalog, kind, before, mergeFound(before, one));
    // It is there on its own account again. What is below it comes back only if the source has it.
    if (before.deleted) await forgetFallen(session, before.id);
    documents.set(name, after);
    tally[before.deleted ? 'restored' : after === before ? 'unchanged' : 'changed'] += 1;
  }
  if (tally.restored > 0) await forgetFallen(session, parent.id);

  const missing = [...found].filter(([name]) => !documents.has(name)).map(([, one]) => one);
  const created = missing.map((one) => newEntity(run.catalog, kind, requestFor(kind, parent, one), parent));
  await saveAllNew(session, kind, created, parent.id);
  for (const entity of created) documents.set(entity.fullyQualifiedName, entity);
  tally.created = created.length;
  return { tally, documents };
}

/** What somebody else has made since `known` was read is found too, at the latest when this transaction is repeated. */
async function lockByNames(
  session: Session,
  kind: EntityKind,
  names: readonly string[],
  known: ReadonlyMap<string, EntityDocument>,
): Promise<EntityDocument[]> {
  const ids = names.flatMap((name) => known.get(name)?.id ?? []);
  const locked = [...(await lockDocuments(session, kind, ids)).values()];
  const missing = names.filter((name) => !known.has(name));
  const appeared = [...(await documentsByNames(session, kind, missing)).values()].map(({ id }) => id);
  return [...locked, ...(await lockDocuments(session, kind, appeared)).values()];
}

function requestFor(kind: EntityKind, parent: EntityDocument, found: Found): EntityRequest {
  return readRequest(kind, { ...newFields(found), [parentOf(kind)?.key ?? '']: parent.fullyQualifiedName });
}

/** Throws INGEST_CHANGED if the parent is gone; until the transaction ends it can't be deleted then. */
async function keepParent(session: Session, run: Run, kind: EntityKind, parent: EntityDocument): Promise<void> {
  const parentType = parentOf(kind)?.type ?? kind.type;
  const name = parent.fullyQualifiedName;
  const found = await shareDocument(session, run.catalog.dialect, kinds[parentType], name);
  if (found === undefined || found.deleted || found.id !== parent.id)
    throw new LockstepError('INGEST_CHANGED', { name });
}

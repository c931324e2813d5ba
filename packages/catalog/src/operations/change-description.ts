import { isDeepStrictEqual } from 'node:util';
import { columnsIn, flattenColumns } from '../entities/columns.ts';
import type { ColumnLike } from '../entities/columns.ts';
import type { ChangeDescription, Entity, FieldChange } from '../entities/document.ts';

/** Keys that say something about the version itself. */
const aboutVersion = ['version', 'updatedAt', 'updatedBy', 'changeDescription'];

/** In characters of JSON. Documents have to stay small enough for one statement. */
const longestDescription = 1_000_000;

interface Changes {
  readonly added: FieldChange[];
  readonly updated: FieldChange[];
  readonly deleted: FieldChange[];
}

/** What differs between two states of an entity, key by key and column by column. Undefined if nothing does. */
export function describeChange(before: Entity, after: Entity): ChangeDescription | undefined {
  const changes: Changes = { added: [], updated: [], deleted: [] };
  const { columns: oldColumns, ...oldKeys } = before;
  const { columns: newColumns, ...newKeys } = after;
  for (const name of new Set([...Object.keys(oldKeys), ...Object.keys(newKeys)])) {
    if (!aboutVersion.includes(name)) compare(changes, name, oldKeys[name], newKeys[name]);
  }
  compareColumns(changes, columnsByPath(oldColumns), columnsByPath(newColumns));
  const { added, updated, deleted } = changes;
  if (added.length + updated.length + deleted.length === 0) return undefined;
  return shortened({
    fieldsAdded: added,
    fieldsUpdated: updated,
    fieldsDeleted: deleted,
    previousVersion: before.version,
  });
}

/**
 * The number of the next version: +0.1, or +1.0 for what can break those who use the data: a column that is gone or has
 * another type.
 */
export function nextVersion(before: Entity, after: Entity): number {
  const old = columnsByPath(before['columns']);
  const now = columnsByPath(after['columns']);
  const breaks = [...old].some(([path, column]) => now.get(path)?.['dataType'] !== column['dataType']);
  return Math.round(before.version * 10 + (breaks ? 10 : 1)) / 10;
}

/** Without the values if they are very large: the versions themselves hold them too. */
function shortened(description: ChangeDescription): ChangeDescription {
  if (JSON.stringify(description).length <= longestDescription) return description;
  const namesOf = (fields: readonly FieldChange[]): FieldChange[] => fields.map(({ name }) => ({ name }));
  return {
    fieldsAdded: namesOf(description.fieldsAdded),
    fieldsUpdated: namesOf(description.fieldsUpdated),
    fieldsDeleted: namesOf(description.fieldsDeleted),
    previousVersion: description.previousVersion,
  };
}

function compare(changes: Changes, name: string, oldValue: unknown, newValue: unknown): void {
  if (isDeepStrictEqual(oldValue, newValue)) return;
  if (oldValue === undefined) changes.added.push({ name, newValue });
  else if (newValue === undefined) changes.deleted.push({ name, oldValue });
  else changes.updated.push({ name, oldValue, newValue });
}

function compareColumns(
  changes: Changes,
  old: ReadonlyMap<string, ColumnLike>,
  now: ReadonlyMap<string, ColumnLike>,
): void {
  for (const path of new Set([...old.keys(), ...now.keys()])) compare(changes, path, old.get(path), now.get(path));
  const oldOrder = [...old.keys()].filter((path) => now.has(path));
  const newOrder = [...now.keys()].filter((path) => old.has(path));
  if (!isDeepStrictEqual(oldOrder, newOrder)) {
    changes.updated.push({ name: 'columns', oldValue: oldOrder, newValue: newOrder });
  }
}

/** Columns by their path, such as `columns.address.city`, without those inside of them. */
function columnsByPath(columns: unknown): Map<string, ColumnLike> {
  const flat = flattenColumns(columnsIn(columns), 'columns');
  for (const [path, { children: _, ...column }] of flat) flat.set(path, column);
  return flat;
}

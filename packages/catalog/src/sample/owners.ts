import { jsonArray, jsonObject, jsonString } from './json.ts';
import type { Json } from './json.ts';
import { placeOfTable } from './layout.ts';
import { referenceJson } from './model.ts';
import type { Known, Model } from './model.ts';
import { Random, uuidOf } from './random.ts';

/** One owner as a document names it. */
export interface NamedOwner {
  readonly id: string;
  readonly json: Json;
  /** There is such a user, soft-deleted or not. */
  readonly exists: boolean;
}

/** The owners of an entity in the form of the releases before 1.2.0: `owner` is an older form that some still have. */
export interface Owners {
  readonly owner: NamedOwner | undefined;
  readonly owners: readonly NamedOwner[];
}

/**
 * Owners of an entity. Of every block of tables some have what a migration must not stumble over: ids that do not
 * exist, teams, soft-deleted users, the same user twice, the older form, both forms, a dozen.
 */
export function ownersOf(model: Model, known: Known): Owners {
  const random = new Random(model.seed, known.type, known.index, 'owners');
  const one = (): NamedOwner => existing(model, random.below(model.counts.users));
  const some = (count: number): NamedOwner[] => {
    const first = random.below(model.counts.users);
    return Array.from({ length: count }, (_, step) => existing(model, (first + step * 5) % model.counts.users));
  };
  switch (known.type === 'table' ? placeOfTable(known.index).position : -1) {
    case 2:
      return { owner: undefined, owners: [one(), missing(model, 'user', known)] };
    case 3:
      return { owner: undefined, owners: [existing(model, 7), one()] };
    case 5:
      return twice(one());
    case 6:
      return { owner: one(), owners: [] };
    case 7:
      return { owner: existing(model, 1), owners: [existing(model, 1), existing(model, 2)] };
    case 8:
      return { owner: undefined, owners: [missing(model, 'team', known)] };
    case 9:
      return { owner: missing(model, 'user', known), owners: some(3) };
    case 10:
      return { owner: undefined, owners: some(4) };
    default:
      return { owner: undefined, owners: some(random.pick([0, 0, 0, 1, 1, 1, 1, 1, 2, 3])) };
  }
}

function twice(owner: NamedOwner): Owners {
  return { owner: undefined, owners: [owner, owner] };
}

function existing(model: Model, index: number): NamedOwner {
  const user = model.user(index);
  return { id: user.id, json: referenceJson(user), exists: true };
}

function missing(model: Model, type: string, known: Known): NamedOwner {
  const id = uuidOf(model.seed, 'missing', known.type, known.index);
  const json = jsonObject({
    id: jsonString(id),
    type: jsonString(type),
    name: jsonString(`former ${type}`),
    deleted: 'true',
  });
  return { id, json, exists: false };
}

/** The owners as fields of a document. */
export function ownerFields(owners: Owners | undefined): Readonly<Record<string, Json | undefined>> {
  return {
    owner: owners?.owner?.json,
    owners: owners && owners.owners.length > 0 ? jsonArray(owners.owners.map(({ json }) => json)) : undefined,
  };
}

/** Where an owner ends when owners move out of the documents: in a relationship, or kept word for word with a reason. */
export interface MovedOwner extends NamedOwner {
  readonly sortOrder: number;
  readonly unresolved: 'no such user' | 'named before' | undefined;
}

/** As the migration to release 1.2.0 moves them: `owner` is number 0, the others are counted from 1. */
export function movedOwners({ owner, owners }: Owners): MovedOwner[] {
  const named = [
    ...(owner ? [{ ...owner, sortOrder: 0 }] : []),
    ...owners.map((one, index) => ({ ...one, sortOrder: index + 1 })),
  ];
  const seen = new Set<string>();
  return named.map((one) => {
    const before = seen.has(one.id);
    seen.add(one.id);
    return { ...one, unresolved: one.exists ? (before ? 'named before' : undefined) : 'no such user' };
  });
}

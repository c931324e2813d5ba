import type { EntityType } from '../entities/document.ts';
import { buildFullyQualifiedName } from '../fully-qualified-name.ts';
import { jsonObject, jsonString } from './json.ts';
import type { Json } from './json.ts';
import { countsFor, databaseOfSchema, placeOfTable, schemasPerGroup, serviceOfDatabase } from './layout.ts';
import type { Counts } from './layout.ts';
import { databaseName, schemaName, serviceName, tableName, userName, userParts } from './names.ts';
import { Random, uuidOf } from './random.ts';
import { classificationNames, tagNames } from './tag-names.ts';

/** An entity of the sample, as far as others have to know it. */
export interface Known {
  readonly type: EntityType;
  /** Its number among its kind, from 0. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly names: readonly string[];
  readonly fullyQualifiedName: string;
  readonly displayName: string | undefined;
  readonly deleted: boolean;
}

/** Every entity of a sample by its number, the same for the same seed, and made when it is asked for. */
export class Model {
  readonly seed: string;
  readonly counts: Counts;
  /** Parents are asked for again and again. There is one schema for some sixty tables. */
  readonly #parents = new Map<string, Known>();

  constructor(seed: string, tables: number) {
    this.seed = seed;
    this.counts = countsFor(tables);
  }

  service(index: number): Known {
    return this.#keep('databaseService', index, () => [[serviceName(this.seed, index)], false]);
  }

  database(index: number): Known {
    const service = (): Known => this.service(serviceOfDatabase(index));
    return this.#keep('database', index, () => [[...service().names, databaseName(index)], false]);
  }

  /** One schema of each group is deleted, and with it all of its tables. */
  schema(index: number): Known {
    const database = (): Known => this.database(databaseOfSchema(index));
    const deleted = index % schemasPerGroup === 9;
    return this.#keep('databaseSchema', index, () => [[...database().names, schemaName(this.seed, index)], deleted]);
  }

  table(index: number): Known {
    const { position, schema } = placeOfTable(index);
    const parent = this.schema(schema);
    const deleted = parent.deleted || position === 4 || new Random(this.seed, 'deleted table', index).percent(4);
    return this.#make('table', index, [...parent.names, tableName(this.seed, index)], deleted);
  }

  user(index: number): Known {
    const { given, family } = userParts(this.seed, index);
    return this.#make('user', index, [userName(this.seed, index)], index % 8 === 7, `${given} ${family}`);
  }

  classification(index: number): Known {
    return this.#make('classification', index, [classificationNames[index] ?? ''], false);
  }

  /** The number of a tag counts over all classifications. */
  tag(index: number): Known {
    const classification = this.classification(Math.floor(index / tagNames.length));
    const name = tagNames[index % tagNames.length] ?? '';
    return this.#make('tag', index, [...classification.names, name], name.startsWith('Old'));
  }

  #keep(type: EntityType, index: number, make: () => [names: readonly string[], deleted: boolean]): Known {
    const key = `${type} ${index}`;
    const known = this.#parents.get(key);
    if (known) return known;
    const made = this.#make(type, index, ...make());
    this.#parents.set(key, made);
    return made;
  }

  #make(type: EntityType, index: number, names: readonly string[], deleted: boolean, displayName?: string): Known {
    return {
      type,
      index,
      id: uuidOf(this.seed, type, index),
      name: names.at(-1) ?? '',
      names,
      fullyQualifiedName: buildFullyQualifiedName(names),
      displayName,
      deleted,
    };
  }
}

/** A reference as documents hold it. */
export function referenceJson(known: Known): Json {
  return jsonObject({
    id: jsonString(known.id),
    type: jsonString(known.type),
    name: jsonString(known.name),
    fullyQualifiedName: jsonString(known.fullyQualifiedName),
    displayName: known.displayName === undefined ? undefined : jsonString(known.displayName),
  });
}

import { jsonArray, jsonObject, jsonString } from './json.ts';
import type { Json } from './json.ts';
import { databaseOfSchema, serviceOfDatabase } from './layout.ts';
import { referenceJson } from './model.ts';
import type { Known, Model } from './model.ts';
import { ownerFields } from './owners.ts';
import type { Owners } from './owners.ts';
import { Random } from './random.ts';
import { sentences, serviceTypes } from './words.ts';

/** 2024-01-01, in milliseconds. All times of a sample are in the two years after it. */
const firstMoment = 1_704_067_200;
const seconds = 2 * 365 * 24 * 3600;

/** What the documents of every kind begin with. `fields` come behind; undefined ones are left out. */
export function documentJson(model: Model, known: Known, fields: Readonly<Record<string, Json | undefined>>): Json {
  const random = new Random(model.seed, known.type, known.index, 'document');
  return jsonObject({
    id: jsonString(known.id),
    name: jsonString(known.name),
    displayName: known.displayName === undefined ? undefined : jsonString(known.displayName),
    fullyQualifiedName: jsonString(known.fullyQualifiedName),
    description: random.percent(85) ? descriptionJson(random) : undefined,
    version: '0.1',
    updatedAt: String((firstMoment + random.below(seconds)) * 1000 + random.below(1000)),
    updatedBy: jsonString(random.pick(['admin', 'ingestion-bot', 'anna.brown', 'dbt'])),
    deleted: String(known.deleted),
    ...fields,
  });
}

/** One to three sentences. */
export function descriptionJson(random: Random): Json {
  return `"${Array.from({ length: random.between(1, 3) }, () => random.pick(escapedSentences)).join(' ')}"`;
}

/** Each without its quotes: most of a document is made of them, so they are escaped only once. */
const escapedSentences = mapSome(sentences, (sentence) => jsonString(sentence).slice(1, -1));

function mapSome<T, R>([first, ...rest]: readonly [T, ...T[]], change: (value: T) => R): [R, ...R[]] {
  return [change(first), ...rest.map(change)];
}

export function serviceJson(model: Model, known: Known, owners: Owners | undefined): Json {
  return documentJson(model, known, { serviceType: serviceType(model, known.index), ...ownerFields(owners) });
}

function serviceType(model: Model, service: number): Json {
  return jsonString(new Random(model.seed, 'service type', service).pick(serviceTypes));
}

export function databaseJson(model: Model, known: Known, owners: Owners | undefined): Json {
  return documentJson(model, known, {
    ...aboveDatabase(model, serviceOfDatabase(known.index)),
    ...ownerFields(owners),
  });
}

export function schemaJson(model: Model, known: Known, owners: Owners | undefined): Json {
  return documentJson(model, known, { ...aboveSchema(model, databaseOfSchema(known.index)), ...ownerFields(owners) });
}

/** References to everything above a table: its schema, and what is above that. */
export function aboveTable(model: Model, schema: number): Readonly<Record<string, Json>> {
  return { ...aboveSchema(model, databaseOfSchema(schema)), databaseSchema: referenceJson(model.schema(schema)) };
}

function aboveSchema(model: Model, database: number): Readonly<Record<string, Json>> {
  return { ...aboveDatabase(model, serviceOfDatabase(database)), database: referenceJson(model.database(database)) };
}

function aboveDatabase(model: Model, service: number): Readonly<Record<string, Json>> {
  return { service: referenceJson(model.service(service)), serviceType: serviceType(model, service) };
}

export function userJson(model: Model, known: Known): Json {
  const random = new Random(model.seed, 'user', known.index);
  return documentJson(model, known, {
    email: jsonString(`${known.name}@example.com`),
    isBot: String(random.percent(3)),
    isAdmin: String(random.percent(5)),
    teams: jsonArray([jsonString(random.pick(['Analytics', 'Plattform', '財務', 'Growth 🚀']))]),
  });
}

export function classificationJson(model: Model, known: Known): Json {
  return documentJson(model, known, { mutuallyExclusive: String(known.index % 2 === 1) });
}

export function tagJson(model: Model, known: Known, classification: Known): Json {
  return documentJson(model, known, { classification: referenceJson(classification) });
}

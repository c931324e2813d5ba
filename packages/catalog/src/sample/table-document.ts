import { columnsJson } from './columns.ts';
import { aboveTable, descriptionJson, documentJson } from './documents.ts';
import { jsonArray, jsonObject, jsonString } from './json.ts';
import type { Json } from './json.ts';
import { placeOfTable } from './layout.ts';
import type { Known, Model } from './model.ts';
import { ownerFields } from './owners.ts';
import type { Owners } from './owners.ts';
import { Random, uuidOf } from './random.ts';

/** Bytes of the compact JSON. Engines write it with spaces, and the whole stays between 1 and 20 kB. */
const smallest = 1_100;
const largest = 15_500;

export interface TableDocuments {
  /** Names of its columns. */
  readonly columns: readonly string[];
  readonly current: Json;
  /** Version 0.1 of a table that is at 0.2, as it was under an earlier release: with its owners. */
  readonly earlier: Json | undefined;
}

/**
 * The document of a table. Its size is spread evenly by orders of magnitude: many small ones, few large ones. `inside`
 * says whether the owners stand in the document; the rest of it is the same either way.
 */
export function tableDocuments(model: Model, known: Known, owners: Owners, inside: boolean): TableDocuments {
  const random = new Random(model.seed, 'table', known.index);
  const { position, schema } = placeOfTable(known.index);
  const target = Math.round(smallest * (largest / smallest) ** (random.below(1000) / 1000));
  const fields = {
    ...aboveTable(model, schema),
    tableType: jsonString(
      random.pick(['Regular', 'Regular', 'Regular', 'View', 'External', 'Partitioned', 'MaterializedView']),
    ),
    sourceHash: jsonString(uuidOf(model.seed, 'source', known.index).replaceAll('-', '')),
    extension: position % 4 === 3 ? extension(random) : undefined,
  };
  const withOwners = documentJson(model, known, { ...fields, ...ownerFields(owners) });
  const columns = columnsJson(random, position, target - Buffer.byteLength(withOwners));
  const whole = {
    ...fields,
    columns: jsonArray(columns.map(({ json }) => json)),
    tableConstraints: constraints(columns.map(({ name }) => name)),
  };
  const before = { ...whole, ...ownerFields(owners) };
  const now = inside ? before : whole;
  const names = columns.map(({ name }) => name);
  if (!random.percent(10)) return { columns: names, current: documentJson(model, known, now), earlier: undefined };
  const [oldText, newText] = [jsonString('To be described.'), descriptionJson(random)];
  return {
    columns: names,
    current: documentJson(model, known, {
      ...now,
      description: newText,
      version: '0.2',
      ...described(oldText, newText),
    }),
    earlier: documentJson(model, known, { ...before, description: oldText, updatedAt: '1704067200000' }),
  };
}

function described(oldText: Json, newText: Json): Readonly<Record<string, Json>> {
  const change = jsonObject({ name: jsonString('description'), oldValue: oldText, newValue: newText });
  return {
    changeDescription: jsonObject({
      fieldsAdded: '[]',
      fieldsUpdated: jsonArray([change]),
      fieldsDeleted: '[]',
      previousVersion: '0.1',
    }),
  };
}

function constraints(columns: readonly string[]): Json {
  const [first = '', second] = columns;
  const key = { constraintType: jsonString('PRIMARY_KEY'), columns: jsonArray([jsonString(first)]) };
  if (second === undefined) return jsonArray([jsonObject(key)]);
  const pair = jsonArray([jsonString(second), jsonString(first)]);
  return jsonArray([jsonObject(key), jsonObject({ constraintType: jsonString('UNIQUE'), columns: pair })]);
}

/** Custom properties with numbers that a JavaScript number would change. */
function extension(random: Random): Json {
  return jsonObject({
    rowCount: '9007199254740993',
    largest: '18446744073709551615',
    price: '1.10',
    share: '0.1000000000000000055511151231257827',
    account: '123456789012345678901234567890',
    temperature: '-0.0',
    limit: '1E+2',
    note: descriptionJson(random),
    'key with "quotes", dots. and 🗝️': jsonObject({ '': jsonArray(['null', 'true', '[]', '{}', '""', '3.00']) }),
  });
}

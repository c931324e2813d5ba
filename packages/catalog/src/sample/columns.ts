import { descriptionJson } from './documents.ts';
import { jsonArray, jsonObject, jsonString } from './json.ts';
import type { Json } from './json.ts';
import type { Random } from './random.ts';
import { columnNouns } from './words.ts';

export interface SampleColumn {
  readonly name: string;
  readonly json: Json;
}

interface SampleType {
  readonly dataType: string;
  readonly display: string;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
}

const types: readonly [SampleType, ...SampleType[]] = [
  { dataType: 'BIGINT', display: 'bigint' },
  { dataType: 'INT', display: 'integer' },
  { dataType: 'VARCHAR', display: 'character varying(255)', length: 255 },
  { dataType: 'CHAR', display: 'character(3)', length: 3 },
  { dataType: 'NUMERIC', display: 'numeric(18,4)', precision: 18, scale: 4 },
  { dataType: 'TIMESTAMPZ', display: 'timestamp with time zone' },
  { dataType: 'DATE', display: 'date' },
  { dataType: 'BOOLEAN', display: 'boolean' },
  { dataType: 'DOUBLE', display: 'double precision' },
  { dataType: 'TEXT', display: 'text' },
  { dataType: 'JSON', display: 'jsonb' },
  { dataType: 'UUID', display: 'uuid' },
  { dataType: 'ARRAY', display: 'text[]' },
];

/** Column names of the tables with hard names. They differ in case, dots, quotes, spaces and the form of Unicode. */
const hardNames = [
  'Id',
  'a.b',
  'a"b',
  'note ',
  'note',
  'caf\u00e9',
  'cafe\u0301',
  '\u{1F4B0}',
  '\u{20BB7}',
  '\u{E0041}\u{F0000}\u{10FFFD}',
  'x/y\\z',
  'SELECT',
];

/** Columns until they fill about so many bytes, at least two. A table with a hard name gets the hard columns first. */
export function columnsJson(random: Random, position: number, bytes: number): SampleColumn[] {
  const columns: SampleColumn[] = [];
  let filled = 0;
  while (columns.length < 2 || filled < bytes) {
    const place = columns.length + 1;
    const hard = position < 24 ? hardNames[columns.length] : undefined;
    const name = hard ?? `${random.pick(columnNouns)}_${place}`;
    const json = columnJson(random, name, place, 0);
    columns.push({ name, json });
    filled += Buffer.byteLength(json) + 1;
  }
  return columns;
}

function columnJson(random: Random, name: string, place: number, depth: number): Json {
  // A struct within a struct, up to four deep.
  if (depth < 4 && random.percent(depth === 0 ? 4 : 30)) return structJson(random, name, place, depth);
  const type = random.pick(types);
  return jsonObject({
    name: jsonString(name),
    dataType: jsonString(type.dataType),
    dataTypeDisplay: jsonString(type.display),
    dataLength: number(type.length),
    precision: number(type.precision),
    scale: number(type.scale),
    arrayDataType: type.dataType === 'ARRAY' ? jsonString('TEXT') : undefined,
    constraint: constraint(random, place),
    ordinalPosition: String(place),
    description: random.percent(50) ? descriptionJson(random) : undefined,
    // A default of the source, in its own words.
    defaultValue: random.percent(10) ? random.pick(['0.10', '100', '1.50', '9223372036854775807']) : undefined,
  });
}

function number(value: number | undefined): Json | undefined {
  return value === undefined ? undefined : String(value);
}

function structJson(random: Random, name: string, place: number, depth: number): Json {
  const children = Array.from({ length: random.between(1, 2) }, (_, index) =>
    columnJson(random, `${random.pick(columnNouns)}_${index + 1}`, index + 1, depth + 1),
  );
  return jsonObject({
    name: jsonString(name),
    dataType: jsonString('STRUCT'),
    dataTypeDisplay: jsonString('struct<...>'),
    ordinalPosition: String(place),
    children: jsonArray(children),
  });
}

function constraint(random: Random, place: number): Json | undefined {
  if (place === 1) return jsonString('PRIMARY_KEY');
  if (random.percent(40)) return undefined;
  return jsonString(random.pick(['NOT_NULL', 'NOT_NULL', 'NULL', 'UNIQUE']));
}

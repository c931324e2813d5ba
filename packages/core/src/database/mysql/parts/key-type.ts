import type { TableShape } from '../../database.ts';
import { literal, quote } from '../quote.ts';
import type { KeyColumn } from './primary-keys.ts';

/** A column of a key whose values can be read, written as SQL, and compared with the column. */
export interface KeyType {
  /** The column, quoted. */
  readonly name: string;
  /** SQL that gives a value as text. */
  readonly select: string;
  /** SQL of the value in this text. */
  literal(text: string): string;
  /** For keys that can be reckoned with. */
  readonly line?: NumberLine;
}

/** Values of a key as whole numbers in the same order. A number may stand for no value, or for many. */
export interface NumberLine {
  lowest(text: string): bigint;
  highest(text: string): bigint;
  literal(place: bigint): string;
}

/**
 * The columns of the key that rows may be divided by, from the first on. Where a type is not known here, its order or
 * its comparison with a literal might hold a surprise, so that it and all behind it are left out.
 */
export function keyTypes(table: TableShape, key: readonly KeyColumn[]): KeyType[] {
  const types: KeyType[] = [];
  for (const { name, prefix } of key) {
    const column = table.columns.find((candidate) => candidate.name === name);
    const type = column && !prefix ? keyType(name, column.type, column.form ?? '') : undefined;
    if (!type) break;
    types.push(type);
  }
  return types;
}

function keyType(column: string, type: string, form: string): KeyType | undefined {
  const name = quote(column);
  if (/^(tiny|small|medium|big)?int\b/.test(type)) return { name, select: name, literal: String, line: integers };
  if (/^(var)?binary\b/.test(type)) {
    return { name, select: `HEX(${name})`, literal: (hex) => (hex === '' ? "''" : `0x${hex}`), line: bytes };
  }
  if (/^decimal\b/.test(type)) return { name, select: name, literal: String };
  const isText = /^(char|varchar)\b/.test(type) && form === 'text';
  if (isText || /^(date|datetime|timestamp|uuid)\b/.test(type)) return { name, select: name, literal };
  return undefined;
}

const integers: NumberLine = { lowest: BigInt, highest: BigInt, literal: String };

/** The first eight bytes, as a number. */
const bytes: NumberLine = {
  lowest: (hex) => BigInt(`0x${hex.slice(0, 16).padEnd(16, '0')}`),
  highest: (hex) => BigInt(`0x${hex.slice(0, 16).padEnd(16, 'f')}`),
  literal: (place) => `0x${place.toString(16).padStart(16, '0')}`,
};

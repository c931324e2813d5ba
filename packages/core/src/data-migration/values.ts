import type { ValueKind } from '../database/keyed-rows.ts';
import type { SqlValue } from '../database/sql.ts';

/** Makes a value of what `Dialect.valueAs` has given. */
export function valueOf(text: string | null, kind: ValueKind, column: string): SqlValue {
  if (text === null || kind === 'text') return text;
  if (kind === 'bytes') return Buffer.from(text, 'hex');
  if (kind === 'boolean') return text !== '0';
  if (/^-?\d+$/.test(text)) return BigInt(text);
  throw new Error(`${column} holds ${text}, which is no whole number. Ask for it as a text`);
}

import type { Target } from '../../database.ts';
import type { Token } from './tokens.ts';

/** A definition taken apart: what kind of thing it makes, changes or drops, and which ones. */
export interface Definition {
  /** `TABLE`, `VIEW` ...; that of an index is the table. Empty if it is none that can be looked at. */
  readonly kind: string;
  /** IF EXISTS, IF NOT EXISTS. */
  readonly conditional: boolean;
  /** In the order in which they stand. Of RENAME, both names of each. */
  readonly targets: readonly Target[];
}

/** What SHOW CREATE or the catalogue tells about. */
const kinds = new Set(
  'TABLE TABLES VIEW INDEX PROCEDURE FUNCTION TRIGGER EVENT SEQUENCE DATABASE SCHEMA USER ROLE SERVER TABLESPACE UNDO LOGFILE RESOURCE SPATIAL INSTANCE PACKAGE LIBRARY'.split(
    ' ',
  ),
);
const observable = new Set('TABLE VIEW PROCEDURE FUNCTION TRIGGER EVENT SEQUENCE DATABASE'.split(' '));
const synonyms: Readonly<Record<string, string>> = { TABLES: 'TABLE', SCHEMA: 'DATABASE', INDEX: 'TABLE' };

/** Takes a statement apart that begins with CREATE, ALTER, DROP or RENAME. */
export function definitionOf(tokens: readonly Token[]): Definition {
  const at = tokens.findIndex((token, index) => isKind(token, tokens[index + 1]));
  const word = tokens[at]?.text ?? '';
  const kind = synonyms[word] ?? word;
  const conditional = isWord(tokens[at + 1], 'IF');
  if (!observable.has(kind)) return { kind, conditional, targets: [] };
  // CREATE INDEX a ON b, DROP INDEX a ON b
  const from = word === 'INDEX' ? tokens.findIndex((token, index) => index > at && isWord(token, 'ON')) : at;
  return { kind, conditional, targets: from === -1 ? [] : readNames(tokens, from + 1, kind) };
}

/** `SPATIAL` and such count only where they are the thing: CREATE SPATIAL REFERENCE SYSTEM, but not SPATIAL INDEX. */
function isKind(token: Token, next: Token | undefined): boolean {
  if (token.kind !== 'word' || !kinds.has(token.text)) return false;
  return token.text !== 'SPATIAL' || next?.text === 'REFERENCE';
}

/** `IF EXISTS a, b.c TO d`: names until something else comes. */
function readNames(tokens: readonly Token[], from: number, kind: string): Target[] {
  let at = from;
  while (['IF', 'NOT', 'EXISTS'].includes(tokens[at]?.text ?? '') && tokens[at]?.kind === 'word') at += 1;
  const names: Target[] = [];
  for (;;) {
    const first = nameOf(tokens[at]);
    if (first === undefined) return [];
    const second = tokens[at + 1]?.text === '.' ? nameOf(tokens[at + 2]) : undefined;
    names.push({ kind, schema: second === undefined ? '' : first, name: second ?? first });
    at += second === undefined ? 1 : 3;
    const separator = tokens[at];
    if (separator?.text !== ',' && !isWord(separator, 'TO')) return names;
    at += 1;
  }
}

function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'word') return token.written;
  if (token?.kind !== 'quoted' || token.text.startsWith("'")) return undefined;
  const quote = token.text.charAt(0);
  return token.text.slice(1, -1).replaceAll(quote + quote, quote);
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text === text;
}

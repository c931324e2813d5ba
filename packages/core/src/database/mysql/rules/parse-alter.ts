import type { Token } from '../split/tokens.ts';
import type { ColumnDefinition } from './parse-column.ts';
import { charsetName, nameOf, parseColumn } from './parse-column.ts';

/** One part of an ALTER TABLE, or what CREATE INDEX and DROP INDEX are short for. */
export type Operation =
  | {
      readonly kind: 'add column';
      readonly column: string;
      readonly definition: ColumnDefinition;
      readonly maybe: boolean;
    }
  | {
      readonly kind: 'change column';
      readonly column: string;
      readonly to: string;
      readonly definition: ColumnDefinition;
    }
  | { readonly kind: 'drop column' | 'set default' | 'drop default' | 'set visibility'; readonly column: string }
  | { readonly kind: 'rename column'; readonly column: string; readonly to: string }
  | {
      readonly kind: 'add index';
      readonly index: string;
      readonly type: 'plain' | 'unique' | 'fulltext' | 'spatial' | 'primary';
      readonly columns: readonly string[];
      readonly isFunctional: boolean;
    }
  | { readonly kind: 'drop index' | 'alter index'; readonly index: string }
  | { readonly kind: 'rename index'; readonly index: string; readonly to: string }
  | { readonly kind: 'drop primary key' | 'add check' | 'order' | 'rebuild' | 'nothing' }
  | { readonly kind: 'enforce check'; readonly enforced: boolean }
  | {
      readonly kind: 'add foreign key';
      readonly columns: readonly string[];
      readonly references: string;
      readonly name: string;
    }
  | { readonly kind: 'drop foreign key' | 'drop check' | 'drop constraint'; readonly name: string }
  | { readonly kind: 'rename'; readonly to: string }
  | { readonly kind: 'engine'; readonly engine: string }
  | { readonly kind: 'convert'; readonly charset: string; readonly collation: string | undefined }
  | { readonly kind: 'option'; readonly option: string }
  | { readonly kind: 'partition'; readonly action: string }
  | { readonly kind: 'algorithm' | 'lock'; readonly value: string }
  | { readonly kind: 'other'; readonly text: string };

export interface Alteration {
  readonly table: string;
  readonly operations: readonly Operation[];
}

/** Reads ALTER TABLE, CREATE INDEX and DROP INDEX; undefined for anything else. */
export function parseAlteration(tokens: readonly Token[]): Alteration | undefined {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const first = words[0];
  if (first === 'ALTER') {
    const at = words.findIndex((word, index) => index > 0 && !['ONLINE', 'IGNORE'].includes(word));
    if (words[at] !== 'TABLE') return undefined;
    const { name, next } = readName(tokens, skipExists(words, at + 1));
    return { table: name, operations: parts(tokens.slice(next)).map(operation) };
  }
  const indexAt = words.slice(0, 5).indexOf('INDEX');
  const onAt = words.indexOf('ON');
  if (indexAt === -1 || onAt === -1 || (first !== 'CREATE' && first !== 'DROP')) return undefined;
  const index = nameOf(tokens[skipExists(words, indexAt + 1)]);
  const { name, next } = readName(tokens, onAt + 1);
  const rest = tokens.slice(next);
  if (first === 'DROP') return { table: name, operations: [{ kind: 'drop index', index }, ...clauses(rest)] };
  const head = words.slice(1, indexAt);
  const type = head.includes('UNIQUE')
    ? 'unique'
    : head.includes('FULLTEXT')
      ? 'fulltext'
      : head.includes('SPATIAL')
        ? 'spatial'
        : 'plain';
  return { table: name, operations: [{ kind: 'add index', index, type, ...keyParts(rest) }, ...clauses(rest)] };
}

function skipExists(words: readonly string[], at: number): number {
  if (words[at] !== 'IF') return at;
  return words[at + 1] === 'NOT' ? at + 3 : at + 2;
}

/** A name, with the database in front of it or not. */
export function readName(tokens: readonly Token[], at: number): { readonly name: string; readonly next: number } {
  if (tokens[at + 1]?.text === '.') return { name: nameOf(tokens[at + 2]), next: at + 3 };
  return { name: nameOf(tokens[at]), next: at + 1 };
}

/** The parts between the commas that stand outside of parentheses. */
export function parts(tokens: readonly Token[]): Token[][] {
  const found: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.text === '(') depth += 1;
    if (token.kind === 'symbol' && token.text === ')') depth -= 1;
    if (depth === 0 && token.kind === 'symbol' && token.text === ',') found.push([]);
    else found.at(-1)?.push(token);
  }
  return found.filter((part) => part.length > 0);
}

/** ALGORITHM and LOCK behind a CREATE INDEX. */
function clauses(tokens: readonly Token[]): Operation[] {
  return tokens.flatMap((token, at): Operation[] => {
    if (token.kind !== 'word' || (token.text !== 'ALGORITHM' && token.text !== 'LOCK')) return [];
    const value = tokens[at + 1]?.text === '=' ? tokens[at + 2] : tokens[at + 1];
    return [{ kind: token.text === 'LOCK' ? 'lock' : 'algorithm', value: value?.text ?? '' }];
  });
}

function keyParts(tokens: readonly Token[]): { readonly columns: string[]; readonly isFunctional: boolean } {
  const open = tokens.findIndex(({ text }) => text === '(');
  if (open === -1) return { columns: [], isFunctional: false };
  let depth = 0;
  const end = tokens.findIndex(({ kind, text }, at) => {
    if (kind === 'symbol' && text === '(') depth += 1;
    if (kind === 'symbol' && text === ')') depth -= 1;
    return at > open && depth === 0;
  });
  const inner = parts(tokens.slice(open + 1, end === -1 ? undefined : end));
  const isFunctional = inner.some(([first]) => first?.text === '(');
  return { columns: inner.filter(([first]) => first?.text !== '(').map(([first]) => nameOf(first)), isFunctional };
}

function operation(tokens: readonly Token[]): Operation {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const [verb = '', second = ''] = words;
  if (verb === 'ALGORITHM' || verb === 'LOCK') return clauses(tokens)[0] ?? { kind: 'nothing' };
  if (verb === 'ADD') return addition(tokens, words);
  if (verb === 'DROP') return removal(tokens, words);
  if (verb === 'MODIFY' || verb === 'CHANGE') {
    const at = skipExists(words, second === 'COLUMN' ? 2 : 1);
    const column = nameOf(tokens[at]);
    if (verb === 'MODIFY')
      return { kind: 'change column', column, to: column, definition: parseColumn(tokens.slice(at + 1)) };
    return { kind: 'change column', column, to: nameOf(tokens[at + 1]), definition: parseColumn(tokens.slice(at + 2)) };
  }
  if (verb === 'RENAME') return renaming(tokens, words);
  if (verb === 'ALTER') return alteration(tokens, words);
  if (verb === 'CONVERT' && second === 'TO') {
    const at = words[2] === 'CHARSET' ? 3 : 4;
    const collate = words.indexOf('COLLATE');
    return {
      kind: 'convert',
      charset: charsetName(nameOf(tokens[at])),
      collation: collate === -1 ? undefined : nameOf(tokens[collate + 1]),
    };
  }
  if (verb === 'ENGINE')
    return { kind: 'engine', engine: nameOf(tokens.find(({ text }, at) => at > 0 && text !== '=')) };
  if (verb === 'FORCE') return { kind: 'rebuild' };
  if (verb === 'ORDER') return { kind: 'order' };
  if (words.includes('PARTITION') || words.includes('PARTITIONING')) return { kind: 'partition', action: verb };
  if (['ENABLE', 'DISABLE'].includes(verb) && second === 'KEYS') return { kind: 'nothing' };
  const isOption =
    tokens.some(({ text }) => text === '=') || ['DEFAULT', 'CHARACTER', 'CHARSET', 'COMMENT', 'COLLATE'].includes(verb);
  return isOption ? { kind: 'option', option: verb } : { kind: 'other', text: words.slice(0, 3).join(' ') };
}

const indexWords = new Set(['INDEX', 'KEY', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'PRIMARY']);

function addition(tokens: readonly Token[], words: readonly string[]): Operation {
  let at = 1;
  let name = '';
  if (words[at] === 'CONSTRAINT') {
    const isNamed = !indexWords.has(words[2] ?? '') && words[2] !== 'FOREIGN' && words[2] !== 'CHECK';
    name = isNamed ? nameOf(tokens[2]) : '';
    at = isNamed ? 3 : 2;
  }
  const word = words[at] ?? '';
  if (word === 'FOREIGN') {
    const rest = tokens.slice(at);
    const to = rest.findIndex(({ kind, text }) => kind === 'word' && text === 'REFERENCES');
    return { kind: 'add foreign key', name, columns: keyParts(rest).columns, references: readName(rest, to + 1).name };
  }
  if (word === 'CHECK') return { kind: 'add check' };
  if (word === 'PARTITION') return { kind: 'partition', action: 'ADD' };
  if (indexWords.has(word)) {
    const type =
      word === 'PRIMARY'
        ? 'primary'
        : word === 'UNIQUE'
          ? 'unique'
          : word === 'FULLTEXT'
            ? 'fulltext'
            : word === 'SPATIAL'
              ? 'spatial'
              : 'plain';
    const open = tokens.findIndex(({ text }) => text === '(');
    const last = tokens
      .slice(at + 1, open)
      .findLast((token) => token.kind === 'quoted' || !['INDEX', 'KEY', 'USING', 'BTREE', 'HASH'].includes(token.text));
    const { columns, isFunctional } = keyParts(tokens);
    return { kind: 'add index', index: last ? nameOf(last) : name || (columns[0] ?? ''), type, columns, isFunctional };
  }
  if (word === 'COLUMN') at += 1;
  const start = skipExists(words, at);
  if (tokens[start]?.text === '(') {
    const inner = parts(tokens.slice(start + 1, -1))[0] ?? [];
    return { kind: 'add column', column: nameOf(inner[0]), definition: parseColumn(inner.slice(1)), maybe: false };
  }
  const definition = parseColumn(tokens.slice(start + 1));
  return { kind: 'add column', column: nameOf(tokens[start]), definition, maybe: start > at };
}

function removal(tokens: readonly Token[], words: readonly string[]): Operation {
  const word = words[1] ?? '';
  const name = (at: number): string => nameOf(tokens[skipExists(words, at)]);
  if (word === 'PRIMARY') return { kind: 'drop primary key' };
  if (word === 'FOREIGN') return { kind: 'drop foreign key', name: name(3) };
  if (word === 'INDEX' || word === 'KEY') return { kind: 'drop index', index: name(2) };
  if (word === 'CHECK') return { kind: 'drop check', name: name(2) };
  if (word === 'CONSTRAINT') return { kind: 'drop constraint', name: name(2) };
  if (word === 'PARTITION') return { kind: 'partition', action: 'DROP' };
  return { kind: 'drop column', column: name(word === 'COLUMN' ? 2 : 1) };
}

function renaming(tokens: readonly Token[], words: readonly string[]): Operation {
  const word = words[1] ?? '';
  if (word === 'COLUMN') return { kind: 'rename column', column: nameOf(tokens[2]), to: nameOf(tokens[4]) };
  if (word === 'INDEX' || word === 'KEY')
    return { kind: 'rename index', index: nameOf(tokens[2]), to: nameOf(tokens[4]) };
  return { kind: 'rename', to: readName(tokens, ['TO', 'AS'].includes(word) ? 2 : 1).name };
}

function alteration(tokens: readonly Token[], words: readonly string[]): Operation {
  const word = words[1] ?? '';
  if (word === 'INDEX') return { kind: 'alter index', index: nameOf(tokens[2]) };
  if (word === 'CHECK' || word === 'CONSTRAINT') return { kind: 'enforce check', enforced: !words.includes('NOT') };
  const at = word === 'COLUMN' ? 2 : 1;
  const column = nameOf(tokens[at]);
  if (words[at + 1] === 'DROP') return { kind: 'drop default', column };
  return { kind: words.includes('VISIBLE') || words.includes('INVISIBLE') ? 'set visibility' : 'set default', column };
}

import type { Token } from '../split/tokens.ts';

/** A column as a statement defines it. What is not said is undefined. */
export interface ColumnDefinition {
  /** As `typeOf` writes it: `int unsigned`, `varchar(20)`, `enum('a','b')`. */
  readonly type: string;
  readonly notNull: boolean;
  readonly charset: string | undefined;
  readonly collation: string | undefined;
  readonly counts: boolean;
  readonly key: 'primary' | 'unique' | undefined;
  /** It has a default, or is computed. */
  readonly hasDefault: boolean;
  /** The functions in a default that is an expression; undefined for a constant. */
  readonly defaultCalls: readonly string[] | undefined;
  readonly generated: 'stored' | 'virtual' | undefined;
  readonly isChecked: boolean;
  readonly references: string | undefined;
  /** '' for FIRST, else the column that it stands after. */
  readonly after: string | undefined;
}

/** A name without its quotes. Words come in upper case, so names are compared without regard to case. */
export function nameOf(token: Token | undefined): string {
  if (token === undefined) return '';
  return token.kind === 'quoted' ? token.text.slice(1, -1).replaceAll('``', '`') : token.written;
}

/** Reads the definition behind a column's name. */
export function parseColumn(tokens: readonly Token[]): ColumnDefinition {
  const words = tokens.map(({ kind, text }) => (kind === 'word' || kind === 'symbol' ? text : ''));
  const type = typeOf(tokens);
  const find = (...sequence: readonly string[]): number => outside(words, sequence);
  const has = (...sequence: readonly string[]): boolean => find(...sequence) !== -1;
  const behind = (at: number, by: number): Token | undefined => (at === -1 ? undefined : tokens[at + by]);
  const isStored = has('STORED') || has('PERSISTENT');
  const isComputed = has('AS') || has('GENERATED');
  const charsetAt = has('CHARACTER', 'SET') ? find('CHARACTER', 'SET') + 1 : find('CHARSET');
  const charset = behind(charsetAt, 1);
  const collation = behind(find('COLLATE'), 1);
  const afterAt = find('AFTER');
  const key = has('PRIMARY') ? 'primary' : has('UNIQUE') ? 'unique' : undefined;
  return {
    type,
    notNull: has('NOT', 'NULL') || key === 'primary',
    charset: charset && charsetName(nameOf(charset)),
    collation: collation && nameOf(collation),
    counts: has('AUTO_INCREMENT'),
    key,
    hasDefault: has('DEFAULT') || has('AUTO_INCREMENT') || isComputed,
    defaultCalls: has('DEFAULT') ? callsBehind(tokens, find('DEFAULT')) : undefined,
    generated: isComputed ? (isStored ? 'stored' : 'virtual') : undefined,
    isChecked: has('CHECK'),
    references: has('REFERENCES') ? nameOf(behind(find('REFERENCES'), 1)) : undefined,
    after: has('FIRST') ? '' : afterAt === -1 ? undefined : nameOf(tokens[afterAt + 1]),
  };
}

/** Where words stand one after the other, outside of parentheses. */
function outside(words: readonly string[], sequence: readonly string[]): number {
  let depth = 0;
  for (const [at, word] of words.entries()) {
    if (word === '(') depth += 1;
    if (word === ')') depth -= 1;
    if (depth === 0 && sequence.every((one, index) => words[at + index] === one)) return at;
  }
  return -1;
}

/** DEFAULT (expression): the words in front of parentheses in it. A literal or CURRENT_TIMESTAMP is a constant. */
function callsBehind(tokens: readonly Token[], at: number): readonly string[] | undefined {
  if (tokens[at + 1]?.text !== '(') return undefined;
  const calls: string[] = [];
  let depth = 0;
  for (let index = at + 1; index < tokens.length; index += 1) {
    const { kind, text } = tokens[index] ?? { kind: 'symbol', text: '' };
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (kind === 'word' && tokens[index + 1]?.text === '(') calls.push(text.toLowerCase());
    if (depth === 0) break;
  }
  return calls;
}

export function charsetName(name: string): string {
  return name === 'utf8' ? 'utf8mb3' : name;
}

const synonyms: Readonly<Record<string, string>> = {
  integer: 'int',
  int4: 'int',
  int8: 'bigint',
  int2: 'smallint',
  int1: 'tinyint',
  middleint: 'mediumint',
  bool: 'tinyint',
  boolean: 'tinyint',
  numeric: 'decimal',
  dec: 'decimal',
  fixed: 'decimal',
  real: 'double',
  float8: 'double',
  float4: 'float',
  character: 'char',
  serial: 'bigint',
};

const integers = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);

/** The type at the beginning of a definition, in one form for all ways to write it. */
export function typeOf(tokens: readonly Token[]): string {
  const [first, second] = tokens;
  let base = (first?.text ?? '').toLowerCase();
  base = synonyms[base] ?? base;
  let at = 1;
  if (base === 'double' && second?.text === 'PRECISION') at = 2;
  if (base === 'char' && second?.text === 'VARYING') [base, at] = ['varchar', 2];
  const list: string[] = [];
  if (tokens[at]?.text === '(') {
    for (at += 1; at < tokens.length && tokens[at]?.text !== ')'; at += 1) {
      if (tokens[at]?.text !== ',') list.push(tokens[at]?.text ?? '');
    }
    at += 1;
  }
  const isUnsigned = tokens.slice(at, at + 2).some(({ text }) => text === 'UNSIGNED') || first?.text === 'SERIAL';
  const end = isUnsigned ? ' unsigned' : '';
  if (integers.has(base)) return `${base}${end}`;
  if (base === 'decimal') return `decimal(${list[0] ?? '10'},${list[1] ?? '0'})${end}`;
  if (base === 'char' || base === 'binary') return `${base}(${list[0] ?? '1'})`;
  const isPlain = list.length === 0 || (list[0] === '0' && /^(datetime|timestamp|time)$/.test(base));
  return `${base}${isPlain ? '' : `(${list.join(',')})`}${end}`;
}

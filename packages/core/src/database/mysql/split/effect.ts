import type { ScriptStatement, Target } from '../../database.ts';
import { definitionOf } from './targets.ts';
import type { Token } from './tokens.ts';

type Class = Pick<ScriptStatement, 'transactional' | 'effect' | 'connection' | 'traceless' | 'targets'>;

const inTransaction: Class = { transactional: true, effect: 'provable' };
const repeatable: Class = { transactional: false, effect: 'repeatable' };
const unprovable: Class = { transactional: false, effect: 'unprovable' };
/** Lives as long as the connection, and commits nothing. */
const ofConnection: Class = { transactional: true, effect: 'repeatable', connection: true };

const rows = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'SELECT', 'WITH', 'VALUES', 'TABLE', 'DO', 'LOAD']);
const definitions = new Set(['CREATE', 'ALTER', 'DROP', 'RENAME']);
const repeatables = new Set(
  `ANALYZE CACHE CHECK CHECKSUM DESC DESCRIBE EXPLAIN FLUSH GRANT HELP OPTIMIZE REPAIR SHOW TRUNCATE`.split(/\s+/),
);
/**
 * How a statement behaves in a transaction, and how a crash inside of it is settled. DDL commits by itself. A DDL
 * statement without a visible effect (ENGINE = InnoDB, AUTO_INCREMENT = 7) may be done again, with the exceptions below.
 */
export function classify(tokens: readonly Token[]): Class {
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
  const first = words[0] ?? '';
  if (rows.has(first)) return classifyRows(words);
  if (definitions.has(first)) {
    const found = classifyDefinition(tokens, words);
    return leavesNoTrace(found, tokens, words) ? { ...found, traceless: true } : found;
  }
  if (first === 'SET') return classifySet(words, tokens);
  if (first === 'PREPARE' || first === 'DEALLOCATE') return ofConnection;
  if (first === 'REVOKE' && words[1] === 'IF') return repeatable;
  return repeatables.has(first) ? repeatable : unprovable;
}

function classifyRows(words: readonly string[]): Class {
  if (words[0] === 'LOAD' && words[1] === 'INDEX') return repeatable;
  return words.includes('OUTFILE') || words.includes('DUMPFILE') ? unprovable : inTransaction;
}

function classifySet(words: readonly string[], tokens: readonly Token[]): Class {
  const second = words[1] ?? '';
  if (second === 'STATEMENT') {
    const at = tokens.findIndex(({ kind, text }) => kind === 'word' && text === 'FOR');
    return at === -1 ? unprovable : classify(tokens.slice(at + 1));
  }
  if (['GLOBAL', 'PERSIST', 'PERSIST_ONLY', 'PASSWORD', 'DEFAULT', 'TRANSACTION'].includes(second)) return repeatable;
  if (second === 'SESSION' && words[2] === 'TRANSACTION') return { ...repeatable, connection: true };
  return ofConnection;
}

/** How a crash inside of a definition is settled, with what has to be looked at. */
function classifyDefinition(tokens: readonly Token[], words: readonly string[]): Class {
  const [verb = ''] = words;
  if (words.slice(1, 4).includes('TEMPORARY')) return ofConnection;
  const { kind, conditional, targets } = definitionOf(tokens);
  // What is there is replaced, or taken for what was wanted. MariaDB replaces a table in two steps.
  if (verb === 'CREATE' && words[1] === 'OR') return repeatable;
  if (conditional && (verb === 'DROP' || (verb === 'CREATE' && kind !== 'TABLE'))) return repeatable;
  if (verb === 'ALTER' && ['DATABASE', 'USER', 'INSTANCE'].includes(kind)) return repeatable;
  if (targets.length === 0 || words.includes('SONAME')) return unprovable;
  if (verb === 'RENAME' && keepsNames(targets)) return unprovable;
  if (verb === 'ALTER' && kind === 'TABLE' && (movesRows(words) || movesColumns(tokens))) return unprovable;
  return { transactional: false, effect: 'provable', targets: lookedAt(verb, words[1] ?? '', targets) };
}

/** A definition leaves the connection as it was, unless it takes rows out of a query or drops the connection's database. */
function leavesNoTrace({ connection }: Class, tokens: readonly Token[], words: readonly string[]): boolean {
  const { kind } = definitionOf(tokens);
  if (kind === 'TABLE') return connection !== true && !takesRows(words);
  return ['VIEW', 'PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT'].includes(kind);
}

function takesRows(words: readonly string[]): boolean {
  const hasRows = words.some((word, index) => word === 'VALUES' && words[index + 1] === 'ROW');
  return hasRows || words.includes('SELECT') || words.includes('TABLE', 2);
}

/** DROP INDEX a ON b drops nothing of b's. */
function lookedAt(verb: string, second: string, targets: readonly Target[]): readonly Target[] {
  if (verb === 'RENAME') return targets;
  if (verb === 'DROP' && second !== 'INDEX') return targets.map((target) => ({ ...target, goes: true }));
  return targets.slice(0, 1);
}

/** RENAME TABLE a TO c, b TO a, c TO b: where the two have the same columns, nothing shows that it has happened. */
function keepsNames(targets: readonly Target[]): boolean {
  const names = targets.map(({ schema, name }) => `${schema}.${name}`);
  const side = (parity: number): string =>
    names
      .filter((_, index) => index % 2 === parity)
      .toSorted()
      .join('\n');
  return side(0) === side(1);
}

/** Rows move without a trace in the definition, and a second time would move them back or fail. */
function movesRows(words: readonly string[]): boolean {
  const pairs = words.map((word, index) => `${word} ${words[index + 1] ?? ''}`);
  return ['EXCHANGE PARTITION', 'DISCARD TABLESPACE', 'IMPORT TABLESPACE'].some((pair) => pairs.includes(pair));
}

/**
 * A column that gets a new name, and another one that gets the old name or its place: the definition may be the same
 * as before, with other values in the columns.
 */
function movesColumns(tokens: readonly Token[]): boolean {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const renames = words.some(
    (word, index) => word === 'CHANGE' || (word === 'RENAME' && words[index + 1] === 'COLUMN'),
  );
  return renames && words.some((word) => ['ADD', 'FIRST', 'AFTER'].includes(word));
}

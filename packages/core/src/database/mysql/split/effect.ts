import type { Family, ScriptStatement } from '../../database.ts';
import type { Token } from './tokens.ts';

type Class = Pick<ScriptStatement, 'transactional' | 'effect' | 'connection'>;

const inTransaction: Class = { transactional: true, effect: 'provable' };
const inCatalogues: Class = { transactional: false, effect: 'provable' };
const repeatable: Class = { transactional: false, effect: 'repeatable' };
const unprovable: Class = { transactional: false, effect: 'unprovable' };
/** Lives as long as the connection, and commits nothing. */
const ofConnection: Class = { transactional: true, effect: 'repeatable', connection: true };

const rows = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'SELECT', 'WITH', 'VALUES', 'TABLE', 'DO', 'LOAD']);
const definitions = new Set(['CREATE', 'ALTER', 'DROP', 'RENAME']);
const repeatables = new Set(
  `ANALYZE CACHE CHECK CHECKSUM DESC DESCRIBE EXPLAIN FLUSH GRANT HELP OPTIMIZE REPAIR SHOW TRUNCATE`.split(/\s+/),
);
/** What Lockstep describes: the effect of DDL on it can be read from the catalogues. */
const described = new Set(['TABLE', 'INDEX', 'VIEW', 'PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT', 'SEQUENCE']);

/**
 * How a statement behaves in a transaction, and how a crash inside of it is settled. DDL commits by itself and is
 * atomic, with the exceptions below.
 */
export function classify(tokens: readonly Token[], family: Family): Class {
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
  const first = words[0] ?? '';
  if (rows.has(first)) return classifyRows(words);
  if (definitions.has(first)) return classifyDefinition(tokens, words, family);
  if (first === 'SET') return classifySet(words, tokens, family);
  if (first === 'PREPARE' || first === 'DEALLOCATE') return ofConnection;
  return repeatables.has(first) ? repeatable : unprovable;
}

function classifyRows(words: readonly string[]): Class {
  if (words[0] === 'LOAD' && words[1] === 'INDEX') return repeatable;
  return words.includes('OUTFILE') || words.includes('DUMPFILE') ? unprovable : inTransaction;
}

function classifySet(words: readonly string[], tokens: readonly Token[], family: Family): Class {
  const second = words[1] ?? '';
  if (second === 'STATEMENT') {
    const at = tokens.findIndex(({ kind, text }) => kind === 'word' && text === 'FOR');
    return at === -1 ? unprovable : classify(tokens.slice(at + 1), family);
  }
  if (['GLOBAL', 'PERSIST', 'PERSIST_ONLY', 'PASSWORD', 'DEFAULT', 'TRANSACTION'].includes(second)) return repeatable;
  if (second === 'SESSION' && words[2] === 'TRANSACTION') return { ...repeatable, connection: true };
  return ofConnection;
}

function classifyDefinition(tokens: readonly Token[], words: readonly string[], family: Family): Class {
  if (words[1] === 'TEMPORARY') return ofConnection;
  const what = words.find((word) => described.has(word) || undescribed.has(word)) ?? '';
  if (!described.has(what)) return classifyUndescribed(words);
  if (words[0] === 'RENAME' && keepsNames(tokens)) return unprovable;
  if (words[0] === 'ALTER' && movesRows(words)) return unprovable;
  if (words[0] === 'DROP' && family === 'mariadb' && tokens.some(isComma)) {
    // MariaDB drops the tables of a list one after the other; a crash in between leaves the rest.
    return words.includes('EXISTS') ? repeatable : unprovable;
  }
  return inCatalogues;
}

const undescribed = new Set(
  'DATABASE SCHEMA USER ROLE SERVER TABLESPACE UNDO LOGFILE RESOURCE INSTANCE PACKAGE LIBRARY'.split(' '),
);

function classifyUndescribed(words: readonly string[]): Class {
  const [verb, what = ''] = words;
  if (verb === 'ALTER' && ['DATABASE', 'SCHEMA', 'USER'].includes(what)) return repeatable;
  return ['USER', 'ROLE'].includes(what) && words.includes('EXISTS') ? repeatable : unprovable;
}

/** RENAME TABLE a TO c, b TO a, c TO b: where the two have the same columns, nothing shows that it has happened. */
function keepsNames(tokens: readonly Token[]): boolean {
  const names = tokens.slice(2).filter(({ text }) => text !== ',' && text !== '.');
  const [before, after]: [string[], string[]] = [[], []];
  for (const [index, { text }] of names.entries()) {
    if (text === 'TO') continue;
    const side = names[index - 1]?.text === 'TO' ? after : before;
    side.push(text.replace(/^`|`$/g, '').toUpperCase());
  }
  return before.toSorted().join('\n') === after.toSorted().join('\n');
}

/** Rows move without a trace in the definition, and a second time would move them back or fail. */
function movesRows(words: readonly string[]): boolean {
  const pairs = words.map((word, index) => `${word} ${words[index + 1] ?? ''}`);
  return ['EXCHANGE PARTITION', 'DISCARD TABLESPACE', 'IMPORT TABLESPACE'].some((pair) => pairs.includes(pair));
}

function isComma(token: Token): boolean {
  return token.kind === 'symbol' && token.text === ',';
}

import type { Blocks, Finding, ScriptFacts, StatementAnalysis, TableEffect } from '../../../plan/analysis.ts';
import type { KnownTables } from '../../../plan/known-tables.ts';
import type { Flavour } from '../flavour.ts';
import type { Token } from '../split/tokens.ts';
import { tokenize } from '../split/tokens.ts';
import type { Lock, Server, Way } from './online.ts';
import { bestWay } from './online.ts';
import type { Alteration } from './parse-alter.ts';
import { parseAlteration, parts, readName } from './parse-alter.ts';
import { remember } from './remember.ts';
import type { Place } from './rules.ts';
import { mysqlRules } from './rules.ts';

/** Says what a statement does, and brings what is known of the tables and of the script up to date. */
export async function analyse(
  text: string,
  known: KnownTables,
  script: ScriptFacts,
  family: Flavour['family'],
): Promise<StatementAnalysis> {
  const tokens = tokenize({ text, file: 'a statement' }).filter(({ kind }) => kind !== 'delimiter');
  const words = tokens.map(({ kind, text: word }) => (kind === 'word' ? word : ''));
  const checksKeys = script.settings.get('foreign_key_checks') !== '0';
  const server: Server = { family, version: known.version, checksKeys };
  const alteration = parseAlteration(tokens);
  const way = alteration && wayOfAlteration(alteration, known, server);
  const effects = alteration && way ? [effectOf(alteration.table, way)] : otherEffects(tokens, words, known);
  const place: Place = { tokens, words, known, script, server, alteration, way, effects };
  const findings = mysqlRules.flatMap((rule): Finding[] =>
    rule
      .find(place)
      .filter(({ table }) => rule.topic === 'style' || table === undefined || known.get(table)?.isNew !== true)
      .map(({ subject }) => ({ rule, subject })),
  );
  noteSettings(tokens, words, script);
  remember(tokens, known);
  return { what: whatOf(words), effects, unknown: unknownOf(words), findings };
}

function wayOfAlteration(alteration: Alteration, known: KnownTables, server: Server): Way {
  return asAsked(alteration, bestWay(alteration, known, server));
}

/** ALGORITHM=COPY is taken at its word; what asks for less than the server can do is refused by it. */
function asAsked({ operations }: Alteration, way: Way): Way {
  const asked = operations.flatMap((one) => (one.kind === 'algorithm' ? [one.value] : []))[0];
  const lock = operations.flatMap((one) => (one.kind === 'lock' ? [one.value] : []))[0];
  const copied: Way =
    asked === 'COPY' && way.algorithm !== 'COPY' ? { ...way, algorithm: 'COPY', lock: 'SHARED', rebuilds: true } : way;
  return lock === 'SHARED' || lock === 'EXCLUSIVE' ? { ...copied, lock: stronger(copied.lock, lock) } : copied;
}

function stronger(left: Lock, right: Lock): Lock {
  return left === 'EXCLUSIVE' || right === 'EXCLUSIVE' ? 'EXCLUSIVE' : right;
}

function effectOf(table: string, { algorithm, lock, rebuilds, buildsIndex }: Way): TableEffect {
  const blocks: Readonly<Record<Lock, Blocks>> = {
    DEFAULT: 'nothing',
    NONE: 'nothing',
    SHARED: 'writes',
    EXCLUSIVE: 'reads and writes',
  };
  return {
    table,
    lock,
    algorithm,
    blocks: blocks[lock],
    work: rebuilds ? 'rewrites' : buildsIndex ? 'builds an index' : 'nothing',
  };
}

/** Statements that are no ALTER TABLE: their locks have no names that could be given. */
function otherEffects(tokens: readonly Token[], words: readonly string[], known: KnownTables): TableEffect[] {
  const [first, second] = words;
  const closed = (table: string): TableEffect => ({
    table,
    lock: 'EXCLUSIVE',
    blocks: 'reads and writes',
    work: 'nothing',
  });
  const rows = (table: string): TableEffect => ({ table, lock: 'rows', blocks: 'schema changes', work: 'nothing' });
  const listed = (at: number): string[] => parts(tokens.slice(at)).map((part) => readName(part, 0).name);
  const one = (at: number): string => readName(tokens, at).name;
  if (first === 'DROP' && (second === 'TABLE' || second === 'VIEW')) {
    const names = listed(words[2] === 'IF' ? 4 : 2);
    return names.filter((name) => words[2] !== 'IF' || known.get(name)).map(closed);
  }
  if (first === 'TRUNCATE') return [closed(one(second === 'TABLE' ? 2 : 1))];
  if (first === 'RENAME' && (second === 'TABLE' || second === 'TABLES')) return listed(2).map(closed);
  if (first === 'OPTIMIZE') {
    const at = words.indexOf('TABLE');
    return listed(at + 1).map((table) => ({
      table,
      algorithm: 'INPLACE',
      lock: 'NONE',
      blocks: 'nothing',
      work: 'rewrites',
    }));
  }
  if (first === 'CREATE' && words.includes('TRIGGER')) {
    const at = words.indexOf('ON');
    return at === -1 ? [] : [closed(one(at + 1))];
  }
  if (first === 'UPDATE') {
    const at = words.findIndex((word, index) => index > 0 && !['LOW_PRIORITY', 'IGNORE'].includes(word));
    return [rows(one(at))];
  }
  const target = first === 'DELETE' ? words.indexOf('FROM') : words.indexOf('INTO');
  if (first === 'DELETE' || first === 'INSERT' || first === 'REPLACE' || first === 'LOAD') {
    if (target === -1) return [];
    return [rows(one(words[target + 1] === 'TABLE' ? target + 2 : target + 1))];
  }
  return [];
}

function unknownOf([first, second]: readonly string[]): string | undefined {
  if (first === 'CALL') return 'a procedure: what it locks depends on what it does';
  if (first === 'BEGIN' || first === 'IF' || first === 'EXECUTE' || (first === 'SET' && second === 'STATEMENT')) {
    return 'what it locks depends on what it runs';
  }
  return undefined;
}

/** SET foreign_key_checks = 0, and others by their names. */
function noteSettings(tokens: readonly Token[], words: readonly string[], script: ScriptFacts): void {
  if (words[0] !== 'SET') return;
  for (const [at, word] of words.entries()) {
    if (word === '' || tokens[at + 1]?.text !== '=') continue;
    const value = tokens[at + 2]?.text ?? '';
    script.settings.set(word.toLowerCase(), value === 'OFF' || value === 'FALSE' ? '0' : value);
  }
}

function whatOf(words: readonly string[]): string {
  const [first = '', second = ''] = words;
  if (!['CREATE', 'DROP', 'ALTER', 'RENAME'].includes(first)) return first;
  const kinds = [
    'TABLE',
    'VIEW',
    'INDEX',
    'TRIGGER',
    'PROCEDURE',
    'FUNCTION',
    'EVENT',
    'DATABASE',
    'SCHEMA',
    'USER',
    'SEQUENCE',
  ];
  return `${first} ${words.find((word) => kinds.includes(word)) ?? second}`;
}

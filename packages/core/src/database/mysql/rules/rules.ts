import type { Rule, ScriptFacts, TableEffect } from '../../../plan/analysis.ts';
import type { KnownTables } from '../../../plan/known-tables.ts';
import type { Token } from '../split/tokens.ts';
import type { Server, Way } from './online.ts';
import { algorithms, bestWay, combine, locks, same, wayOf } from './online.ts';
import type { Alteration, Operation } from './parse-alter.ts';
import { readName } from './parse-alter.ts';
import { nameOf } from './parse-column.ts';

/** What a rule looks at. */
export interface Place {
  readonly tokens: readonly Token[];
  /** The words among the tokens, in upper case; '' for the others. */
  readonly words: readonly string[];
  /** The tables as they are before the statement. */
  readonly known: KnownTables;
  readonly script: ScriptFacts;
  readonly server: Server;
  readonly alteration: Alteration | undefined;
  /** How the server would do the alteration, by what is known. */
  readonly way: Way | undefined;
  readonly effects: readonly TableEffect[];
}

export interface Hit {
  readonly subject: string;
  readonly table?: string;
}

export interface MysqlRule extends Rule {
  readonly find: (place: Place) => readonly Hit[];
}

type Kind = Operation['kind'];

/** What is already spoken of by a rule with a better way to tell. */
const spokenOf = new Set<Kind>(['change column', 'add foreign key', 'add check', 'convert', 'drop primary key']);

const elsewhere =
  'Use a tool that copies tables online, such as gh-ost or pt-online-schema-change, or do it while the table is small.';
const later = 'Stop using it in one release, and drop it in a later one.';

/** All rules for MySQL and MariaDB. */
export const mysqlRules: readonly MysqlRule[] = [
  blocking(
    'changing-column-type',
    'error',
    'The table is copied, row by row, while writes wait.',
    'Add a column of the new type, keep both filled, move the rows in batches, and drop the old one in a later release.',
    ({ alteration, known, server }) =>
      each(alteration, (operation, table) => {
        if (operation.kind !== 'change column') return [];
        const way = wayOf(operation, known.get(table), known, server);
        return way.algorithm === 'COPY' ? [column(table, operation.column)] : [];
      }),
  ),
  blocking(
    'adding-foreign-key-constraint',
    'error',
    'With foreign_key_checks the table is copied while writes wait, and every row is looked up.',
    'SET foreign_key_checks = 0 before it and 1 behind it, after a query has shown that no row is without its other end.',
    ({ alteration, server }) =>
      each(alteration, (operation, table) =>
        operation.kind === 'add foreign key' && server.checksKeys
          ? [{ table, subject: `${table}: ${operation.name || operation.columns.join(', ')}` }]
          : [],
      ),
  ),
  blocking(
    'adding-check-constraint',
    'error',
    'The table is copied while writes wait, and every row is checked.',
    'Do it while the table is small, or check in the server.',
    ({ alteration, server }) =>
      each(alteration, (operation, table) => {
        const isColumn = operation.kind === 'add column' && operation.definition.isChecked && server.family === 'mysql';
        return isColumn || operation.kind === 'add check' || (operation.kind === 'enforce check' && operation.enforced)
          ? [{ table, subject: table }]
          : [];
      }),
  ),
  blocking(
    'converting-character-set',
    'error',
    'All texts are converted: the table is copied while writes wait.',
    elsewhere,
    ({ alteration, known, server }) =>
      each(alteration, (operation, table) =>
        operation.kind === 'convert' && wayOf(operation, known.get(table), known, server).algorithm === 'COPY'
          ? [{ table, subject: table }]
          : [],
      ),
  ),
  blocking(
    'dropping-primary-key',
    'error',
    'The table is copied while writes wait, and has no key that replicas could find rows by.',
    'Drop the old key and add the new one in one statement: that is done in place.',
    ({ alteration }) =>
      each(alteration, (operation, table) => {
        const isReplaced = alteration?.operations.some((one) => one.kind === 'add index' && one.type === 'primary');
        return operation.kind === 'drop primary key' && !isReplaced ? [{ table, subject: table }] : [];
      }),
  ),
  blocking(
    'adding-field-with-default',
    'error',
    'The value of the new column is worked out for each row: the table is copied while writes wait.',
    'Add the column with a constant, or NULL, and fill it in batches by a TypeScript migration.',
    ({ alteration, known, server }) =>
      each(alteration, (operation, table) => {
        if (operation.kind !== 'add column') return [];
        const { generated, defaultCalls } = operation.definition;
        const isCopied = wayOf(operation, known.get(table), known, server).algorithm === 'COPY';
        return isCopied && (generated !== undefined || defaultCalls !== undefined)
          ? [column(table, operation.column)]
          : [];
      }),
  ),
  blocking(
    'copying-table',
    'error',
    'The table is copied, row by row, while writes wait.',
    elsewhere,
    ({ alteration, way, known, server }) => {
      if (way?.algorithm !== 'COPY' || !alteration) return [];
      const spoken = alteration.operations.some((operation) => {
        const isColumn =
          operation.kind === 'add column' &&
          wayOf(operation, known.get(alteration.table), known, server).algorithm === 'COPY' &&
          (operation.definition.generated !== undefined ||
            operation.definition.defaultCalls !== undefined ||
            operation.definition.isChecked);
        return (
          isColumn ||
          (spokenOf.has(operation.kind) &&
            wayOf(operation, known.get(alteration.table), known, server).algorithm === 'COPY')
        );
      });
      return spoken ? [] : [{ table: alteration.table, subject: alteration.table }];
    },
  ),
  blocking(
    'blocking-writes',
    'error',
    'Writes to the table wait until it is done.',
    'Do it while the table is small, or at a time when nobody writes.',
    ({ alteration, way }) =>
      alteration && way?.algorithm !== 'COPY' && (way?.lock === 'SHARED' || way?.lock === 'EXCLUSIVE')
        ? [{ table: alteration.table, subject: alteration.table }]
        : [],
  ),
  blocking(
    'rebuilding-table',
    'warning',
    'The table is written anew. Others go on, but it takes time and room, and replicas fall behind by as much.',
    'Do it at a quiet time, or with a tool that copies tables at a pace, such as gh-ost.',
    ({ alteration, way }) =>
      alteration && way?.algorithm === 'INPLACE' && way.rebuilds && way.lock === 'NONE'
        ? [{ table: alteration.table, subject: alteration.table }]
        : [],
  ),
  blocking(
    'mixing-instant-with-others',
    'warning',
    'Columns that could be added or dropped at once are rebuilt, because something else stands in the same statement.',
    'Put ADD COLUMN and DROP COLUMN into a statement of their own.',
    ({ alteration, way, known, server }) => {
      if (!alteration || !way || way.algorithm === 'INSTANT') return [];
      const isColumn = (one: Operation): boolean => one.kind === 'add column' || one.kind === 'drop column';
      const columns = alteration.operations.filter(isColumn);
      const alone = combine(
        columns.map((one) => wayOf(one, known.get(alteration.table), known, server)),
        server,
      );
      const isLoss =
        columns.length > 0 &&
        columns.length < alteration.operations.length &&
        alone.algorithm === 'INSTANT' &&
        way.rebuilds;
      return isLoss ? [{ table: alteration.table, subject: alteration.table }] : [];
    },
  ),
  blocking(
    'algorithm-refused',
    'error',
    'The server refuses the ALGORITHM or the LOCK that the statement asks for.',
    'Ask for what the server can do, or leave the clause out.',
    ({ alteration, known, server }) => {
      if (!alteration) return [];
      const { operations, table } = alteration;
      const best = bestWay(alteration, known, server);
      const refused = operations.some((one) => {
        if (one.kind === 'algorithm')
          return one.value !== 'DEFAULT' && rank(algorithms, one.value) < rank(algorithms, best.algorithm);
        return one.kind === 'lock' && one.value !== 'DEFAULT' && rank(locks, one.value) < rank(locks, best.lock);
      });
      return refused ? [{ table, subject: table }] : [];
    },
  ),
  blocking(
    'changing-all-rows',
    'warning',
    'All rows are changed by one statement: it locks them until the end, and replicas wait for it.',
    'Do it in batches by a TypeScript migration.',
    ({ words, effects }) =>
      ['UPDATE', 'DELETE'].includes(words[0] ?? '') && !words.includes('WHERE') && !words.includes('LIMIT')
        ? effects.map(({ table }) => ({ table, subject: table }))
        : [],
  ),
  breaking(
    'narrowing-column',
    'error',
    'Values that do not fit any more are refused, or cut.',
    'Look for such values first, and let the servers of the release before write none.',
    ({ alteration, known }) =>
      each(alteration, (operation, table) => {
        if (operation.kind !== 'change column') return [];
        const before = known.get(table)?.columns.find(({ name }) => same(name, operation.column))?.type;
        return before !== undefined && isNarrower(before, operation.definition.type)
          ? [column(table, operation.column)]
          : [];
      }),
  ),
  breaking(
    'adding-not-nullable-field',
    'warning',
    'Rows with NULL make the statement fail, and servers that write NULL run into errors.',
    'Fill the rows first, and let the servers of the release before write no NULL.',
    nullability(false, true),
  ),
  breaking(
    'ban-drop-not-null',
    'warning',
    'Servers that do not expect NULL in the column run into errors.',
    'Teach servers to read NULL in the release before.',
    nullability(true, false),
  ),
  breaking(
    'adding-required-field',
    'warning',
    'The rows that are there get 0 or an empty text, and rows that do not name the column are refused.',
    'Give it a default, or let it be NULL.',
    ({ alteration }) =>
      each(alteration, (operation, table) =>
        operation.kind === 'add column' && operation.definition.notNull && !operation.definition.hasDefault
          ? [column(table, operation.column)]
          : [],
      ),
  ),
  breaking(
    'renaming-column',
    'error',
    'Whoever uses the old name of the column runs into errors.',
    'Add a new one, keep both filled, and drop the old one in a later release.',
    ({ alteration }) =>
      each(alteration, (operation, table) =>
        (operation.kind === 'rename column' || operation.kind === 'change column') &&
        !same(operation.column, operation.to)
          ? [column(table, operation.column)]
          : [],
      ),
  ),
  breaking(
    'renaming-table',
    'error',
    'Whoever uses the old name of the table runs into errors.',
    'Leave the name, or make a view with the old one.',
    ({ alteration, words, effects }) =>
      words[0] === 'RENAME' && words[1] !== 'USER'
        ? effects.map(({ table }) => ({ table, subject: table }))
        : each(alteration, (operation, table) => (operation.kind === 'rename' ? [{ table, subject: table }] : [])),
  ),
  breaking(
    'ban-drop-column',
    'warning',
    'The data of the column is gone, and whoever uses it runs into errors.',
    later,
    ({ alteration }) =>
      each(alteration, (operation, table) =>
        operation.kind === 'drop column' ? [column(table, operation.column)] : [],
      ),
  ),
  breaking(
    'ban-drop-table',
    'warning',
    'The data of the table is gone, and whoever uses it runs into errors.',
    later,
    ({ words, effects }) =>
      words[0] === 'DROP' && words[1] === 'TABLE' ? effects.map(({ table }) => ({ table, subject: table })) : [],
  ),
  breaking('ban-drop-database', 'error', 'All data of the database is gone.', 'Do it by hand.', ({ words, tokens }) =>
    words[0] === 'DROP' && (words[1] === 'DATABASE' || words[1] === 'SCHEMA')
      ? [{ subject: nameOf(tokens.at(-1)) }]
      : [],
  ),
  breaking('ban-drop-view', 'warning', 'Whoever uses the view runs into errors.', later, dropped('VIEW')),
  breaking(
    'ban-drop-trigger',
    'warning',
    'What it did for servers at work is done no more.',
    later,
    dropped('TRIGGER'),
  ),
  breaking('ban-drop-function', 'warning', 'Whoever calls it runs into errors.', later, ({ words, tokens }) => [
    ...dropped('PROCEDURE')(bare(words, tokens)),
    ...dropped('FUNCTION')(bare(words, tokens)),
  ]),
  breaking(
    'ban-drop-constraint',
    'off',
    'Wrong rows are let in from now on, and older servers do not expect them.',
    later,
    ({ alteration }) =>
      each(alteration, (operation, table) =>
        ['drop foreign key', 'drop check', 'drop constraint'].includes(operation.kind)
          ? [{ table, subject: table }]
          : [],
      ),
  ),
  breaking('ban-drop-index', 'off', 'Queries that use the index become slow.', later, ({ alteration }) =>
    each(alteration, (operation, table) =>
      operation.kind === 'drop index' ? [{ table, subject: `${table}: ${operation.index}` }] : [],
    ),
  ),
  breaking(
    'ban-truncate',
    'warning',
    'All rows are gone, and there is no way back: TRUNCATE commits.',
    'DELETE in batches, if rows may be in use.',
    ({ words, effects }) => (words[0] === 'TRUNCATE' ? effects.map(({ table }) => ({ table, subject: table })) : []),
  ),
  style(
    'require-primary-key',
    'warning',
    'A table without a primary key is slow to replicate, and cannot be used on clusters.',
    'Give it a primary key.',
    ({ words, tokens }) => {
      if (
        words[0] !== 'CREATE' ||
        !words.slice(1, 4).includes('TABLE') ||
        words.includes('LIKE') ||
        words.includes('SELECT')
      )
        return [];
      if (words.includes('TEMPORARY') || words.includes('PRIMARY') || words.includes('SERIAL')) return [];
      const at = words.indexOf('TABLE') + 1;
      const { name } = readName(tokens, words[at] === 'IF' ? at + 3 : at);
      return [{ subject: name }];
    },
  ),
  style(
    'prefer-utf8mb4',
    'warning',
    'Not every text can be kept in this character set.',
    'Use utf8mb4.',
    ({ words, tokens }) =>
      words.flatMap((word, at) => {
        if (word !== 'CHARSET' && !(word === 'SET' && words[at - 1] === 'CHARACTER')) return [];
        const named = tokens.slice(at + 1).find(({ text }) => text !== '=');
        const charset = nameOf(named);
        return ['utf8', 'utf8mb3', 'latin1', 'ascii', 'ucs2'].includes(charset) ? [{ subject: charset }] : [];
      }),
  ),
  style(
    'prefer-innodb',
    'warning',
    'Only InnoDB tables are whole after a crash, and part of a backup of one moment.',
    'Use ENGINE=InnoDB.',
    ({ words, tokens }) =>
      words.flatMap((word, at) => {
        const engine = nameOf(tokens.slice(at + 1).find(({ text }) => text !== '='));
        const isTable = words[0] === 'CREATE' || words[0] === 'ALTER';
        return isTable && word === 'ENGINE' && engine.toLowerCase() !== 'innodb' ? [{ subject: engine }] : [];
      }),
  ),
  style(
    'require-algorithm',
    'off',
    'The server takes whatever way it can: a statement that should be quick may copy the table.',
    'Say ALGORITHM=INSTANT, or ALGORITHM=INPLACE, LOCK=NONE: then the server refuses what would be slow.',
    ({ alteration }) =>
      alteration && !alteration.operations.some(({ kind }) => kind === 'algorithm')
        ? [{ subject: alteration.table }]
        : [],
  ),
  style(
    'prefer-bigint-over-int',
    'off',
    'A key of 32 bits runs out at two or four billions, and changing it copies the table.',
    'Use bigint.',
    ({ words, tokens }) =>
      words.flatMap((word, at) =>
        (word === 'AUTO_INCREMENT' &&
        ['INT', 'INTEGER'].some((type) => words.slice(Math.max(0, at - 8), at).includes(type))
          ? [{ subject: nameOf(tokens[at - 1]) }]
          : []
        ).slice(0, 1),
      ),
  ),
];

function blocking(
  name: string,
  severity: Rule['severity'],
  problem: string,
  instead: string,
  find: MysqlRule['find'],
): MysqlRule {
  return { name, severity, topic: 'blocking', problem, instead, find };
}

function breaking(
  name: string,
  severity: Rule['severity'],
  problem: string,
  instead: string,
  find: MysqlRule['find'],
): MysqlRule {
  return { name, severity, topic: 'breaking', problem, instead, find };
}

function style(
  name: string,
  severity: Rule['severity'],
  problem: string,
  instead: string,
  find: MysqlRule['find'],
): MysqlRule {
  return { name, severity, topic: 'style', problem, instead, find };
}

function each(
  alteration: Alteration | undefined,
  find: (operation: Operation, table: string) => readonly Hit[],
): readonly Hit[] {
  return alteration?.operations.flatMap((operation) => find(operation, alteration.table)) ?? [];
}

function column(table: string, name: string): Hit {
  return { table, subject: `${table}.${name}` };
}

function rank(list: readonly string[], value: string): number {
  return list.indexOf(value);
}

function nullability(before: boolean, after: boolean): MysqlRule['find'] {
  return ({ alteration, known }) =>
    each(alteration, (operation, table) => {
      if (operation.kind !== 'change column' || operation.definition.notNull !== after) return [];
      const found = known.get(table)?.columns.find(({ name }) => same(name, operation.column));
      const isKey = known
        .get(table)
        ?.indexes.some(({ kind, columns }) => kind === 'primary' && columns.some((one) => same(one, operation.column)));
      return found?.notNull === before && isKey !== true ? [column(table, operation.column)] : [];
    });
}

function dropped(what: string): (place: Pick<Place, 'words' | 'tokens'>) => Hit[] {
  return ({ words, tokens }) =>
    words[0] === 'DROP' && words[1] === what ? [{ subject: readName(tokens, words[2] === 'IF' ? 4 : 2).name }] : [];
}

function bare(words: readonly string[], tokens: readonly Token[]): Pick<Place, 'words' | 'tokens'> {
  return { words, tokens };
}

const sizes: Readonly<Record<string, number>> = {
  tinyint: 1,
  smallint: 2,
  mediumint: 3,
  int: 4,
  bigint: 8,
  tinytext: 1,
  text: 2,
  mediumtext: 3,
  longtext: 4,
  tinyblob: 1,
  blob: 2,
  mediumblob: 3,
  longblob: 4,
  float: 4,
  double: 8,
};

function isNarrower(before: string, after: string): boolean {
  const read = (type: string): { readonly base: string; readonly length: number } => {
    const [, base = '', length = ''] = /^(\w+)(?:\((\d+))?/.exec(type) ?? [];
    return { base, length: Number(length) };
  };
  const [old, next] = [read(before), read(after)];
  if (old.base === next.base) return next.length < old.length;
  const [oldSize, nextSize] = [sizes[old.base], sizes[next.base]];
  const isText = (base: string): boolean => /text|char/.test(base);
  if (oldSize !== undefined && nextSize !== undefined)
    return nextSize < oldSize && isText(old.base) === isText(next.base);
  return isText(old.base) && next.base === 'varchar' && oldSize !== undefined;
}

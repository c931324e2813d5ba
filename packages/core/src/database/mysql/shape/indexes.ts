import type { Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import { escaped, quote } from '../quote.ts';
import { unescapeExpression } from './expression.ts';
import { groupBy } from './parts.ts';
import type { ShowCreate } from './show-create.ts';

export interface Index {
  readonly name: string;
  readonly unique: boolean;
  /** BTREE, FULLTEXT, SPATIAL, or MariaDB's HASH for long unique values. */
  readonly type: string;
  readonly parts: readonly IndexPart[];
  readonly visible: boolean;
  readonly comment: string;
  /** The parser of a full-text index. */
  readonly parser: string | null;
}

type IndexPart = ({ readonly column: string; readonly prefix: string | null } | { readonly expression: string }) & {
  readonly descending: boolean;
};

/** The indexes of a table from the rows of their columns, in the order of their making where it is known. */
export function readIndexes(rows: readonly Row[], shown: ShowCreate | undefined): Index[] {
  const byName = groupBy(rows, 'name');
  const place = (name: string): number => shown?.indexOrder.indexOf(name) ?? 0;
  const ordered = [...byName].toSorted(([left], [right]) => place(left) - place(right));
  return ordered.map(([name, parts]) => {
    const first = parts[0] ?? {};
    const type = first['type'] ?? '';
    return {
      name,
      unique: first['non_unique'] === '0',
      type,
      parts: parts.map((part) => readPart(part, type)),
      visible: first['visible'] !== 'NO',
      comment: first['comment'] ?? '',
      parser: shown?.parsers.get(name) ?? null,
    };
  });
}

function readPart(row: Row, type: string): IndexPart {
  const descending = row['direction'] === 'D';
  const expression = row['expression'] ?? null;
  if (expression !== null) return { expression: unescapeExpression(expression), descending };
  // A spatial index has a prefix that nobody can give it.
  return { column: row['column'] ?? '', prefix: type === 'SPATIAL' ? null : (row['prefix'] ?? null), descending };
}

export function indexFacts(index: Index): Fact {
  return {
    type: index.type,
    parts: index.parts.map((part) => ({ ...part })),
    visible: index.visible,
    parser: index.parser,
  };
}

/** The index in a CREATE or ALTER TABLE. `hidden` is the family's word for an index that is not used. */
export function indexDefinition(index: Index, hidden: 'INVISIBLE' | 'IGNORED'): string {
  const kind = index.unique ? 'UNIQUE ' : ['FULLTEXT', 'SPATIAL'].includes(index.type) ? `${index.type} ` : '';
  const parts = index.parts.map(partText).join(',');
  const head = index.name === 'PRIMARY' ? 'PRIMARY KEY' : `${kind}KEY ${quote(index.name)}`;
  return [
    `${head} (${parts})`,
    index.type === 'HASH' ? ' USING HASH' : '',
    index.parser === null ? '' : ` WITH PARSER ${quote(index.parser)}`,
    index.comment === '' ? '' : ` COMMENT ${escaped(index.comment)}`,
    index.visible ? '' : ` ${hidden}`,
  ].join('');
}

function partText(part: IndexPart): string {
  const descending = part.descending ? ' DESC' : '';
  if ('expression' in part) return `(${part.expression})${descending}`;
  return `${quote(part.column)}${part.prefix === null ? '' : `(${part.prefix})`}${descending}`;
}

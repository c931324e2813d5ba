import type { PutBackStage, ShapeStatement } from '../database.ts';
import { foreignKeyCheck } from '../orphans.ts';
import { quote } from './quote.ts';
import { guardedStatements } from './shape/guarded.ts';

/**
 * Keys and indexes table by table, side by side: a table is read once for all that can be built together, none of which
 * can ask another table for anything. Then foreign keys, and all others in their order.
 *
 * A foreign key is added without looking at the rows, which takes no time; a server that looks at them copies the whole
 * table with all its indexes. That each row has its parent is found out by a query, which is forty times as fast.
 */
export function putBack(statements: readonly ShapeStatement[]): PutBackStage[] {
  const tables = new Map<string, string[]>();
  const foreignKeys: ShapeStatement[] = [];
  const others: string[] = [];
  for (const statement of statements) {
    const { kind, table, create } = statement;
    if (kind === 'foreign key') foreignKeys.push(statement);
    else if (table === undefined || !isKey(statement)) others.push(create);
    else tables.set(table, [...(tables.get(table) ?? []), create]);
  }
  const stages: PutBackStage[] = [
    [...tables].map(([table, list]) => ({ table, statements: together(list), needsOnlyItsTable: true })),
    foreignKeys.flatMap(({ name: foreignKey, table, reference }) => {
      if (!reference) return [];
      const checks = [foreignKeyCheck(foreignKey, reference, quote, (other) => quote(other.name))];
      return [{ table, statements: [], checks }];
    }),
    // Two sessions that add foreign keys could wait for each other's tables.
    inOrder(foreignKeys.map(({ create }) => create)),
    inOrder(others),
  ];
  return stages.filter((stage) => stage.length > 0);
}

function isKey({ kind }: ShapeStatement): boolean {
  return kind === 'primary key' || kind === 'unique constraint' || kind === 'index';
}

function inOrder(statements: readonly string[]): PutBackStage {
  return statements.length === 0 ? [] : [{ table: undefined, statements }];
}

const name = '`(?:[^`]|``)+`';
/** An index of columns only. For others a server copies the table; and full-text indexes are made one at a time. */
const plainIndex = new RegExp(
  [
    `^ALTER TABLE (${name}) ADD `,
    `((?:UNIQUE )?KEY ${name} \\((?:${name}(?:\\(\\d+\\))?(?: DESC)?,?)+\\)`,
    `(?: COMMENT '(?:[^'\\\\;]|\\\\[^;])*')?(?: INVISIBLE| IGNORED)?)$`,
  ].join(''),
);

/** The statements that add indexes to a table, with neighbours in one where that is possible. */
function together(statements: readonly string[]): string[] {
  const made: { text: string; statement: string; settings: string | undefined }[] = [];
  for (const text of statements) {
    const { before, statement, after } = guardedStatements(text);
    const [, , clause] = plainIndex.exec(statement) ?? [];
    const settings = clause === undefined ? undefined : JSON.stringify([before, after]);
    const last = made.at(-1);
    if (clause !== undefined && last && last.settings === settings) {
      const longer = `${last.statement}, ADD ${clause}`;
      last.text = last.text.replace(last.statement, () => longer);
      last.statement = longer;
    } else {
      made.push({ text, statement, settings });
    }
  }
  return made.map(({ text }) => text);
}

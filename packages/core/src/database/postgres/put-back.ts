import type { ForeignKeyCheck, PutBackStage, PutBackTask, ShapeStatement } from '../database.ts';
import { foreignKeyCheck } from '../orphans.ts';
import { quote, quoteTable } from './quote.ts';

/**
 * Keys table by table, then indexes, several on one table at once: CREATE INDEX shares its table with another one. Then
 * what belongs to indexes, checks, and foreign keys. All others in the order in which they come.
 *
 * A foreign key locks both of its tables, so two sessions could wait for each other. It is added without looking at the
 * rows, which takes no time, by one session; then the rows are looked at table by table, which disturbs nobody.
 */
export function putBack(statements: readonly ShapeStatement[]): PutBackStage[] {
  const groups = new Map<Group, ShapeStatement[]>(order.map((group) => [group, []]));
  for (const statement of statements) groups.get(groupOf(statement))?.push(statement);
  const of = (group: Group): readonly ShapeStatement[] => groups.get(group) ?? [];
  const isLater = (statement: ShapeStatement): boolean => validation(statement) !== undefined;
  const stages: PutBackStage[] = [
    byTable(of('key'), (statement) => [statement.create]),
    of('index').map((statement) => ({
      table: statement.table,
      statements: [statement.create],
      needsOnlyItsTable: isPlain(statement),
    })),
    inOrder(of('part of an index')),
    inOrder(of('check')),
    inOrder(of('foreign key'), (statement) => [
      ...(statement.drop === undefined ? [] : [statement.drop]),
      isLater(statement) ? `${statement.create} NOT VALID` : statement.create,
    ]),
    byTable(of('foreign key').filter(isLater), (statement) => [validation(statement) ?? '']),
    inOrder(of('other')),
  ];
  return stages.filter((stage) => stage.length > 0);
}

const order = ['key', 'index', 'part of an index', 'check', 'foreign key', 'other'] as const;

type Group = (typeof order)[number];

function groupOf({ kind, create }: ShapeStatement): Group {
  if (create.startsWith('ALTER INDEX')) return 'part of an index';
  if (kind === 'primary key' || kind === 'unique constraint' || kind === 'exclusion constraint') return 'key';
  if (kind === 'index' && /^CREATE (UNIQUE )?INDEX/.test(create)) return 'index';
  if (kind === 'check constraint') return 'check';
  return kind === 'foreign key' ? 'foreign key' : 'other';
}

/** The statement that looks at the rows. Partitioned tables have no such second step, and some keys want none. */
function validation({ create }: ShapeStatement): string | undefined {
  if (/ NOT (VALID|ENFORCED)$/.test(create)) return undefined;
  const parts = /^(ALTER TABLE ONLY .*?) ADD CONSTRAINT ("(?:[^"]|"")*"|\w+) FOREIGN KEY/s.exec(create);
  return parts ? `${parts[1]} VALIDATE CONSTRAINT ${parts[2]}` : undefined;
}

function inOrder(
  statements: readonly ShapeStatement[],
  text: (statement: ShapeStatement) => readonly string[] = ({ create }) => [create],
): PutBackStage {
  if (statements.length === 0) return [];
  return [{ table: undefined, statements: statements.flatMap(text), checks: statements.flatMap(checkOf) }];
}

function byTable(
  statements: readonly ShapeStatement[],
  text: (statement: ShapeStatement) => readonly string[],
): PutBackTask[] {
  const tasks = new Map<string, ShapeStatement[]>();
  for (const statement of statements) {
    const key = statement.table ?? '';
    tasks.set(key, [...(tasks.get(key) ?? []), statement]);
  }
  return [...tasks].map(([table, list]) => ({
    table,
    statements: list.flatMap(text),
    checks: list.flatMap(checkOf),
    needsOnlyItsTable: list.every(isPlain),
  }));
}

const plainIndex = /^CREATE (?:UNIQUE )?INDEX [^()]* USING \w+ \([^()]*\)(?: INCLUDE \([^()]*\))?$/;

/** Nothing but columns: a function in an expression or a condition could ask any other table, whatever it says of itself. */
function isPlain({ kind, create }: ShapeStatement): boolean {
  return kind === 'primary key' || kind === 'unique constraint' || plainIndex.test(create);
}

/** What the server looks at when it adds a foreign key to rows, or validates it. */
function checkOf({ name, reference }: ShapeStatement): ForeignKeyCheck[] {
  if (!reference?.validated) return [];
  return [foreignKeyCheck(name, reference, quote, quoteTable)];
}

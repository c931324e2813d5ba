import { compareBytes } from '../../../shape/order.ts';
import { LockstepError } from '../../../errors.ts';
import { quote } from '../quote.ts';
import type { Wire } from '../wire.ts';
import { modernName } from './columns.ts';
import { guard } from './guarded.ts';
import type { Parts } from './parts.ts';
import { addObject, label } from './parts.ts';
import type { Rows } from './read.ts';

interface View {
  readonly name: string;
  readonly algorithm: string;
  readonly security: string;
  /** Column names in parentheses, or ''. */
  readonly columns: string;
  readonly query: string;
  readonly charset: string;
  readonly collation: string;
}

/** Views, in an order in which each finds the ones it reads. The definer is left out. */
export async function describeViews(wire: Wire, rows: Rows, database: string, parts: Parts): Promise<void> {
  const views: View[] = [];
  for (const row of rows.tables) {
    if (row['type'] !== 'VIEW') continue;
    const view = await readView(wire, row['table_name'] ?? '', database);
    if (typeof view === 'string') parts.unsupported.push({ kind: view, name: row['table_name'] ?? '' });
    else views.push(view);
  }
  for (const view of inOrder(views)) {
    const { name, algorithm, security, columns, query, charset, collation } = view;
    addObject(parts, 'view', label(name), { algorithm, security, columns, query });
    const create = `CREATE ALGORITHM=${algorithm} SQL SECURITY ${security} VIEW ${quote(name)}${columns} AS ${query}`;
    // Those of whoever made it. They are carried, and are no facts: the same script makes the same shape with any client.
    const settings = { character_set_client: charset, collation_connection: collation };
    parts.after.push({ kind: 'view', name: label(name), create: guard(create, settings) });
  }
}

const ident = '`(?:[^`]|``)*`';
const viewPattern = new RegExp(
  `^CREATE ALGORITHM=(\\w+) DEFINER=${ident}(?:@${ident})? SQL SECURITY (\\w+) VIEW ${ident}( \\([^)]*\\))? AS (.*)$`,
  's',
);

/** The view, or why it cannot be carried. */
async function readView(wire: Wire, name: string, database: string): Promise<View | string> {
  const [shown] = await wire.rows(`SHOW CREATE VIEW ${quote(name)}`);
  const text = shown?.['Create View'] ?? null;
  if (text === null) {
    const reason = `the server does not show the definition of the view ${name}; SHOW VIEW does`;
    throw new LockstepError('PRIVILEGE_MISSING', { doing: 'describe the database', reason });
  }
  const [, algorithm, security, columns = '', query] = viewPattern.exec(text) ?? [];
  if (algorithm === undefined || security === undefined || query === undefined) return 'view of an unknown form';
  const own = withoutDatabase(query, database);
  if (readsOtherDatabase(own)) return 'view that reads another database';
  const charset = modernName(shown?.['character_set_client'] ?? null) ?? '';
  // eslint-disable-next-line no-control-regex -- all of ASCII is meant
  if (!charset.startsWith('utf8mb') && !/^[\x00-\x7f]*$/.test(text))
    return `view with text in the character set ${charset}`;
  const collation = modernName(shown?.['collation_connection'] ?? null) ?? '';
  return { name, algorithm, security, columns, query: own, charset, collation };
}

/** Functions may be written with the name of the database, which is no part of the shape. Tables are not. */
function withoutDatabase(query: string, database: string): string {
  const prefix = `${quote(database)}.`;
  return mapCode(query, (code) =>
    code.replace(new RegExp(`(${ident}\\.)(?=${ident}\\()`, 'g'), (found) => (found === prefix ? '' : found)),
  );
}

/** The server leaves the database out where all tables are in the same one; else every table has it. */
function readsOtherDatabase(query: string): boolean {
  let found = false;
  const qualified = new RegExp(`\\b(?:from|join)\\s+\\(*${ident}\\.|${ident}\\.${ident}\\(`);
  mapCode(query, (code) => {
    found ||= qualified.test(code);
    return code;
  });
  return found;
}

/** Applies `change` to what is not inside of a string. Names in backticks may hold quotes. */
function mapCode(query: string, change: (code: string) => string): string {
  const pieces = new RegExp(`((?:[^'\`]+|${ident})+)|'(?:[^'\\\\]|\\\\.|'')*'`, 'gs');
  return query.replace(pieces, (piece, code: string | undefined) => (code === undefined ? piece : change(code)));
}

/** By name, but each after the views that its query names. */
function inOrder(views: readonly View[]): View[] {
  const byName = new Map(views.map((view) => [view.name, view]));
  const ordered = new Set<View>();
  const add = (view: View, path: readonly View[]): void => {
    if (ordered.has(view) || path.includes(view)) return;
    for (const [mention] of view.query.matchAll(new RegExp(ident, 'g'))) {
      const named = byName.get(mention.slice(1, -1).replaceAll('``', '`'));
      if (named && named !== view) add(named, [...path, view]);
    }
    ordered.add(view);
  };
  for (const view of views.toSorted((a, b) => compareBytes(a.name, b.name))) add(view, []);
  return [...ordered];
}

import { loadModule, parseSync } from 'libpg-query';
import { isList } from '../../../shape/fingerprint.ts';
import type { Fact } from '../../../shape/shape.ts';
import { withEvenAliases } from './aliases.ts';
import { typeName } from './name.ts';

/**
 * Definitions as facts. Servers of different versions write the same definition differently, and the same server
 * writes it differently once it was loaded from its own text. So definitions are parsed by the grammar of Postgres 18,
 * and what is redundant is taken out of the tree.
 */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/** An expression: a default, a generated column, a policy's condition. */
export function expression(text: string): Fact {
  return remember(`SELECT (${text})`, (parsed) => {
    const target = first(member(member(parsed, 'SelectStmt'), 'targetList'));
    return canonical(member(member(target, 'ResTarget'), 'val'));
  });
}

/** A constraint as pg_get_constraintdef writes it. */
export function constraint(text: string): Fact {
  return remember(`ALTER TABLE t ADD ${text}`, (parsed) => {
    const command = first(member(member(parsed, 'AlterTableStmt'), 'cmds'));
    return canonical(member(member(member(command, 'AlterTableCmd'), 'def'), 'Constraint'));
  });
}

/** FOR VALUES ... or DEFAULT. */
export function partitionBound(text: string): Fact {
  return remember(`ALTER TABLE t ATTACH PARTITION p ${text}`, (parsed) => {
    const command = first(member(member(parsed, 'AlterTableStmt'), 'cmds'));
    return canonical(member(member(member(member(command, 'AlterTableCmd'), 'def'), 'PartitionCmd'), 'bound'));
  });
}

/** As pg_get_partkeydef writes it: `RANGE (taken_at)`. */
export function partitionKey(text: string): Fact {
  return remember(`CREATE TABLE t () PARTITION BY ${text}`, (parsed) =>
    canonical(member(member(parsed, 'CreateStmt'), 'partspec')),
  );
}

/** A whole statement, such as CREATE INDEX. */
export function statement(text: string): Fact {
  return remember(text, canonical);
}

/** CREATE INDEX, without the storage options: the versions do not agree on quotes around their values. */
export function index(text: string): Fact {
  return remember(text, (parsed) => {
    const { options: _, ...rest } = objectOf(member(parsed, 'IndexStmt'));
    return canonical(rest);
  });
}

/** The query of a view. */
export function query(text: string): Fact {
  return remember(text.replace(/;\s*$/, ''), (tree) => {
    const even = /\b(old|new)/.test(text) ? withEvenAliases(tree) : tree;
    return canonical(withoutRedundantNames(even));
  });
}

/** The same texts come again and again, such as `now()`; a tree is never changed once it is made. */
const known = new Map<string, Fact>();
const mostKnown = 10_000;

function remember(text: string, read: (parsed: unknown) => Fact): Fact {
  const before = known.get(text);
  if (before !== undefined) return before;
  const result: unknown = parseSync(text);
  const fact = read(member(first(member(result, 'stmts')), 'stmt'));
  if (known.size >= mostKnown) known.clear();
  known.set(text, fact);
  return fact;
}

/** Where something stands in the text is no fact. */
const places = new Set([
  'location',
  'list_start',
  'list_end',
  'stmt_location',
  'stmt_len',
  'rexpr_list_start',
  'rexpr_list_end',
]);

/** The tree without places, and with strings as strings. */
export function canonical(node: unknown): Fact {
  if (Array.isArray(node)) return node.map(canonical);
  if (!isObject(node)) return plain(node);
  const string = nameOf(node);
  if (string !== null) return string;
  const array = castArray(node);
  if (array !== null) return canonical(array);
  const name = namedObject(node);
  if (name !== null) return name;
  const entries = Object.entries(node).filter(([key]) => !places.has(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === 'typeName' || key === 'TypeName' ? typeFact(value) : canonical(value)]),
  );
}

/** Some types of pg_catalog are words of SQL in one version and names in another, such as json. */
function typeFact(value: unknown): Fact {
  const fact = canonical(value);
  const [schema, ...rest] = listOf(part(fact, 'names'));
  if (fact === null || typeof fact !== 'object' || isList(fact) || schema !== 'pg_catalog') return fact;
  return { ...fact, names: rest };
}

function plain(value: unknown): Fact {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

/** `{"String":{"sval":"x"}}` is a name. */
function nameOf(node: Tree): string | null {
  const string = node['String'];
  if (!isObject(string) || Object.keys(node).length !== 1) return null;
  const value = string['sval'];
  return typeof value === 'string' ? value : '';
}

/** `'public.counting'::regclass`: the name of an object, with quotes where the server's version wants them. */
function namedObject(node: Tree): Fact | null {
  const cast = node['TypeCast'];
  const value = member(member(member(member(cast, 'arg'), 'A_Const'), 'sval'), 'sval');
  const names = canonical(member(member(cast, 'typeName'), 'names'));
  const type = listOf(names).at(-1);
  if (typeof value !== 'string' || typeof type !== 'string' || !type.startsWith('reg')) return null;
  return { [type]: typeName(value) };
}

/**
 * `ARRAY[a, b]::text[]`: once loaded from its text, the server writes it as `ARRAY[a::text, b::text]`. Takes the cast
 * to the elements, as the server's parser does.
 */
function castArray(node: Tree): Tree | null {
  const cast = node['TypeCast'];
  const array = member(member(cast, 'arg'), 'A_ArrayExpr');
  const type = member(cast, 'typeName');
  if (!isObject(array) || !isObject(type) || !Array.isArray(type['arrayBounds'])) return null;
  const elements = array['elements'];
  if (!Array.isArray(elements) || elements.length === 0) return null;
  const { arrayBounds: _, ...elementType } = type;
  const castTo = JSON.stringify(canonical(elementType));
  return {
    A_ArrayExpr: {
      elements: elements.map((element: unknown) => {
        if (isObject(element) && 'A_ArrayExpr' in element) return { TypeCast: { arg: element, typeName: type } };
        if (JSON.stringify(canonical(member(member(element, 'TypeCast'), 'typeName'))) === castTo) return element;
        return { TypeCast: { arg: element, typeName: elementType } };
      }),
    },
  };
}

/**
 * A view over one relation: Postgres 15 writes `shop.name`, later versions `name`. Inner queries are written with
 * the relation's name by all of them.
 */
function withoutRedundantNames(tree: unknown): unknown {
  const select = member(tree, 'SelectStmt');
  const from = member(select, 'fromClause');
  if (!Array.isArray(from) || from.length !== 1) return tree;
  const alias = aliasOf(from[0]);
  return alias === null ? tree : unqualified(tree, alias, true);
}

function aliasOf(item: unknown): string | null {
  if (!isObject(item)) return null;
  const [entry] = Object.values(item);
  const sampled = member(entry, 'relation');
  if (isObject(sampled)) return aliasOf(sampled);
  const name = member(member(entry, 'alias'), 'aliasname') ?? member(entry, 'relname');
  return typeof name === 'string' ? name : null;
}

function unqualified(node: unknown, alias: string, top = false): unknown {
  if (Array.isArray(node)) return node.map((each) => unqualified(each, alias));
  if (!isObject(node)) return node;
  if ('SelectStmt' in node && !top) return node;
  const reference = node['ColumnRef'];
  if (isObject(reference)) return { ColumnRef: { ...reference, fields: shortened(reference['fields'], alias) } };
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, unqualified(value, alias)]));
}

function shortened(fields: unknown, alias: string): unknown {
  if (!Array.isArray(fields) || fields.length !== 2) return fields;
  const [relation, column] = fields.map((field: unknown) => (isObject(field) ? nameOf(field) : null));
  return relation === alias && typeof column === 'string' ? fields.slice(1) : fields;
}

/** A part of a fact that is an object; null where there is none. */
export function part(fact: Fact, name: string): Fact {
  return fact !== null && typeof fact === 'object' && !isList(fact) ? (fact[name] ?? null) : null;
}

export function listOf(fact: Fact): readonly Fact[] {
  return isList(fact) ? fact : [];
}

type Tree = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(node: unknown): Tree {
  return isObject(node) ? node : {};
}

function member(node: unknown, name: string): unknown {
  return isObject(node) ? node[name] : undefined;
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

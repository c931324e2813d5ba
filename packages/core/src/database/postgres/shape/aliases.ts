/**
 * Up to Postgres 15 a view has OLD and NEW of its own, so that a relation of these names is written as `old_1`, or
 * with other numbers; later versions write `old`. Gives such relations names by the order in which they come.
 */
export function withEvenAliases(tree: unknown): unknown {
  let count = 0;

  const walk = (node: unknown, scope: ReadonlyMap<string, string>): unknown => {
    if (Array.isArray(node)) return node.map((part) => walk(part, scope));
    if (!isObject(node)) return node;
    const inner = Array.isArray(node['fromClause']) ? opened(node['fromClause'], scope) : scope;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, rename(key, value, inner)]));
  };

  const opened = (from: readonly unknown[], scope: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
    const names = from.flatMap(aliases).filter((name) => /^(old|new)(_\d+)*$/.test(name));
    return new Map([...scope, ...names.map((name): [string, string] => [name, `${name.slice(0, 3)}#${++count}`])]);
  };

  const rename = (key: string, value: unknown, scope: ReadonlyMap<string, string>): unknown => {
    if (!isObject(value)) return walk(value, scope);
    if (key === 'ColumnRef') return { ...value, fields: renamedFields(value['fields'], scope) };
    if (key === 'RangeVar') return renamedRelation(value, scope);
    if (key === 'alias') return { ...value, aliasname: renamed(value['aliasname'], scope) };
    return walk(value, scope);
  };

  return walk(tree, new Map());
}

/** The names that an item of FROM gives. */
function aliases(item: unknown): string[] {
  if (!isObject(item)) return [];
  const [entry] = Object.values(item);
  if (!isObject(entry)) return [];
  const name = isObject(entry['alias']) ? entry['alias']['aliasname'] : entry['relname'];
  const inner = ['larg', 'rarg', 'relation'].flatMap((key) => aliases(entry[key]));
  return typeof name === 'string' ? [name, ...inner] : inner;
}

function renamedRelation(relation: Tree, scope: ReadonlyMap<string, string>): unknown {
  const { alias } = relation;
  if (isObject(alias)) return { ...relation, alias: { ...alias, aliasname: renamed(alias['aliasname'], scope) } };
  const name = renamed(relation['relname'], scope);
  return name === relation['relname'] ? relation : { ...relation, alias: { aliasname: name } };
}

function renamedFields(fields: unknown, scope: ReadonlyMap<string, string>): unknown {
  if (!Array.isArray(fields) || fields.length < 2) return fields;
  const [first, ...rest] = fields;
  const string = isObject(first) ? first['String'] : undefined;
  if (!isObject(string)) return fields;
  return [{ String: { ...string, sval: renamed(string['sval'], scope) } }, ...rest];
}

function renamed(name: unknown, scope: ReadonlyMap<string, string>): unknown {
  return typeof name === 'string' ? (scope.get(name) ?? name) : name;
}

type Tree = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

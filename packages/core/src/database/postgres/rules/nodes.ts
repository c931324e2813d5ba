import type { Node, RangeVar, TypeName } from 'libpg-query';
import type { KnownTables } from '../../../plan/known-tables.ts';

/** The texts of a list of names, such as `["public", "shop"]`. */
export function names(nodes: readonly Node[] = []): string[] {
  return nodes.flatMap((node) => {
    if ('String' in node) return [node.String.sval ?? ''];
    if ('List' in node) return names(node.List.items ?? []);
    return [];
  });
}

/** The label of a table as a statement names it. */
export function labelOf(relation: RangeVar | undefined, known: KnownTables): string {
  return known.labelOf(relation?.relname ?? '', relation?.schemaname ?? '');
}

/** The label of a dotted name. */
export function labelOfPath(path: readonly string[], known: KnownTables): string {
  return known.labelOf(path.at(-1) ?? '', path.at(-2) ?? '');
}

/**
 * A type as one text: `int4`, `varchar(20)`, `_numeric(10,2)` for an array. The schema is left out. `serial` and its
 * like stay as they are written.
 */
export function typeText(type: TypeName | undefined): string {
  const base = names(type?.names).at(-1) ?? '';
  const modifiers = (type?.typmods ?? []).flatMap((node) => {
    if (!('A_Const' in node)) return [];
    return [String(node.A_Const.ival?.ival ?? node.A_Const.sval?.sval ?? 0)];
  });
  // An interval's first modifier is the range of its fields; the grammar writes char without a length as char(1).
  const shown = base === 'interval' ? modifiers.slice(1) : modifiers;
  const array = type?.arrayBounds !== undefined && type.arrayBounds.length > 0 ? '_' : '';
  return `${array}${base}${shown.length > 0 ? `(${shown.join(',')})` : ''}`;
}

/** Everything below a node that is wrapped in this name: `found(tree, 'RangeVar')`. */
export function found(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => found(item, name));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
    ...(key === name ? [inner] : []),
    ...found(inner, name),
  ]);
}

/** The tables that a query reads, without those that it only makes up with WITH. */
export function tablesRead(query: unknown, known: KnownTables): readonly string[] {
  const made = new Set(found(query, 'CommonTableExpr').flatMap((item) => textIn(item, 'ctename')));
  const labels = found(query, 'RangeVar').flatMap((item) => {
    const [name = ''] = textIn(item, 'relname');
    const [schema = ''] = textIn(item, 'schemaname');
    return schema === '' && made.has(name) ? [] : [known.labelOf(name, schema)];
  });
  return [...new Set(labels)];
}

/** The names of the functions that are called below a node, without their schemas. */
export function functionsCalled(value: unknown): readonly string[] {
  return found(value, 'FuncCall').flatMap((call) => {
    const path = typeof call === 'object' && call !== null && 'funcname' in call ? call.funcname : undefined;
    const last: unknown = Array.isArray(path) ? path.at(-1) : undefined;
    return found(last, 'String').flatMap((text) => textIn(text, 'sval'));
  });
}

function textIn(value: unknown, field: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const text = new Map<string, unknown>(Object.entries(value)).get(field);
  return typeof text === 'string' ? [text] : [];
}

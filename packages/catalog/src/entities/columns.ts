import { quoteName } from '../fully-qualified-name.ts';
import { CatalogError } from '../errors.ts';

/** A column as far as the catalog looks at it: in stored documents, requests and answers. */
export interface ColumnLike {
  readonly name: string;
  readonly children?: unknown;
  readonly [key: string]: unknown;
}

/** The columns in a document's key `columns`; none if there is no such key. */
export function columnsIn(value: unknown): ColumnLike[] {
  return Array.isArray(value) ? value.filter(isColumn) : [];
}

/** Changes every column, those within columns too. `change` gets the column and its fully qualified name. */
export function mapColumns(
  columns: readonly ColumnLike[],
  path: string,
  change: (column: ColumnLike, fullyQualifiedName: string) => ColumnLike,
): ColumnLike[] {
  return columns.map((column) => {
    const name = `${path}.${quoteName(column.name)}`;
    const changed = change(column, name);
    if (column.children === undefined) return changed;
    return { ...changed, children: mapColumns(columnsIn(column.children), name, change) };
  });
}

/** Every column, those within columns too, by fully qualified name. Throws INVALID_REQUEST for a name used twice. */
export function flattenColumns(columns: readonly ColumnLike[], path: string): Map<string, ColumnLike> {
  const found = new Map<string, ColumnLike>();
  mapColumns(columns, path, (column, name) => {
    if (found.has(name)) throw new CatalogError('INVALID_REQUEST', `The column ${name} is there twice.`);
    found.set(name, column);
    return column;
  });
  return found;
}

function isColumn(value: unknown): value is ColumnLike {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

import { CatalogError } from '../errors.ts';

/** The part of a compiled schema that is used here. */
export interface Checker<T> {
  Check(value: unknown): value is T;
  Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[];
}

/** The value, if it is what the schema says. Throws INVALID_REQUEST, naming the place. */
export function checked<T>(checker: Checker<T>, value: unknown): T {
  if (checker.Check(value)) return value;
  const [first] = checker.Errors(value);
  const place = first?.instancePath ? first.instancePath : 'The request';
  throw new CatalogError('INVALID_REQUEST', `${place} ${first?.message ?? 'is not valid'}.`);
}

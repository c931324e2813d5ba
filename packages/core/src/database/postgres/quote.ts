/** A name in double quotes. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal. Right where standard_conforming_strings is on, as it is on every connection of Lockstep. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A table with its schema, quoted. */
export function quoteTable(table: { readonly schema: string; readonly name: string }): string {
  return `${quote(table.schema)}.${quote(table.name)}`;
}

/** The text of an array of texts. */
export function arrayText(values: readonly (string | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(/(["\\])/g, '\\$1')}"`)).join(',')}}`;
}

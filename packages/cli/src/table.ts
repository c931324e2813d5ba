/** Lines of a table with aligned columns. Columns of numbers and sizes stand right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[\d,.]*( (%|bytes|[kMGT]B))?$/.test(row[column] ?? '')),
  );
  return all.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
        return numeric[column] ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Control characters in names must not move the cursor of a terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is to be found
  return text.replace(/[\u0000-\u001F\u007F-\u009F]/g, (character) => JSON.stringify(character).slice(1, -1));
}

function width(text: string): number {
  return Array.from(text).length;
}

/** Tables shared out by size between two that work at once, largest first. One table is for the first alone. */
export function halvesOf(tables) {
  const sides = [
    { bytes: 0, tables: [] },
    { bytes: 0, tables: [] },
  ];
  for (const table of tables.toSorted((left, right) => right.bytes - left.bytes)) {
    const [side] = sides.toSorted((left, right) => left.bytes - right.bytes);
    side.bytes += table.bytes;
    side.tables.push(table);
  }
  return sides.map((side) => side.tables);
}

/**
 * How the entities of a sample hang together, by arithmetic alone, so that no list has to be held in memory.
 *
 * Tables come in blocks of 64; each block begins with the hard names. Sixteen blocks are a group of 2 services, 4
 * databases and 17 schemas: the first eight blocks have two schemas each, the other eight share one large schema. Every
 * group that is begun has all its services, databases and schemas.
 */
export const tablesPerBlock = 64;
const blocksPerGroup = 16;
const smallBlocks = 8;
export const servicesPerGroup = 2;
export const databasesPerGroup = 4;
export const schemasPerGroup = 2 * smallBlocks + 1;

export interface Counts {
  readonly services: number;
  readonly databases: number;
  readonly schemas: number;
  readonly tables: number;
  readonly users: number;
}

export function countsFor(tables: number): Counts {
  const groups = Math.ceil(tables / (tablesPerBlock * blocksPerGroup));
  return {
    services: groups * servicesPerGroup,
    databases: groups * databasesPerGroup,
    schemas: groups * schemasPerGroup,
    tables,
    users: Math.max(24, Math.ceil(tables / 40)),
  };
}

/** Where the table number `table` stands in its block, and the number of its schema. */
export function placeOfTable(table: number): {
  readonly block: number;
  readonly position: number;
  readonly schema: number;
} {
  const block = Math.floor(table / tablesPerBlock);
  const position = table % tablesPerBlock;
  const group = Math.floor(block / blocksPerGroup);
  const inGroup = block % blocksPerGroup;
  if (inGroup >= smallBlocks) return { block, position, schema: group * schemasPerGroup + 2 * smallBlocks };
  return { block, position, schema: group * schemasPerGroup + 2 * inGroup + (inSecondSchema(block, position) ? 1 : 0) };
}

/** The hard names stand together in the first schema, but for the one whose place is its neighbour (see names.ts). */
function inSecondSchema(block: number, position: number): boolean {
  if (position < 24) return position === 1;
  return (block + position) % 3 === 0;
}

/** The number of the database of a schema. The large schema of a group is in the group's first database. */
export function databaseOfSchema(schema: number): number {
  const group = Math.floor(schema / schemasPerGroup);
  const pair = Math.floor((schema % schemasPerGroup) / 2);
  return group * databasesPerGroup + (pair % databasesPerGroup);
}

export function serviceOfDatabase(database: number): number {
  return Math.floor(database / (databasesPerGroup / servicesPerGroup));
}

import type { Row } from '../../database.ts';
import { qualified } from './name.ts';
import { flag, optional, text } from './row.ts';

/** The index of a partitioned table, with the parts that its partitions have. Any other index is a family of one. */
export interface IndexFamilies {
  /** The index at the top, by the oid of any member. */
  readonly topOf: ReadonlyMap<string, Row>;
  /** Oids of the tops of families that cannot be dropped for a while, since something refers to a member. */
  readonly fixed: ReadonlySet<string>;
}

export function indexFamilies(indexes: readonly Row[], constraints: readonly Row[]): IndexFamilies {
  const byOid = new Map(indexes.map((row) => [text(row, 'oid'), row]));
  const kept = new Set(constraints.filter((row) => flag(row, 'kept')).map((row) => text(row, 'oid')));
  const topOf = new Map<string, Row>();
  const fixed = new Set<string>();
  for (const row of indexes) {
    const top = topFrom(row, byOid);
    topOf.set(text(row, 'oid'), top);
    const referred = isHeld(row) || kept.has(optional(row, 'constraint') ?? '');
    if (referred) fixed.add(text(top, 'oid'));
  }
  return { topOf, fixed };
}

function topFrom(row: Row, byOid: ReadonlyMap<string, Row>): Row {
  const parent = byOid.get(optional(row, 'parent') ?? '');
  return parent === undefined ? row : topFrom(parent, byOid);
}

/** A table refers to the index, by CLUSTER or as its replica identity, and would lose that with it. */
function isHeld(row: Row): boolean {
  return flag(row, 'clustered') || flag(row, 'replica_identity');
}

/** The parts of a family go with its top. Undefined where the family has to stay. */
export function dropOf(row: Row, families: IndexFamilies): string | undefined {
  const top = families.topOf.get(text(row, 'oid')) ?? row;
  if (families.fixed.has(text(top, 'oid'))) return undefined;
  const name = text(top, 'name');
  if (optional(top, 'constraint') === null) return `DROP INDEX IF EXISTS ${qualified(text(top, 'schema'), name)}`;
  return `ALTER TABLE ${qualified(text(top, 'schema'), text(top, 'owner'))} DROP CONSTRAINT IF EXISTS ${qualified(name)}`;
}

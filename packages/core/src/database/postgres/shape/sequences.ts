import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { columnOf } from './columns.ts';
import { display, qualified } from './name.ts';
import type { Parts } from './parts.ts';
import { flag, optional, text } from './row.ts';
import { relations } from './scope.ts';
import type { Scope } from './scope.ts';

export function sequencesQuery(scope: Scope): string {
  return `SELECT s.seqrelid AS oid, c.nspname AS schema, c.relname AS name, c.relpersistence AS persistence,
      format_type(s.seqtypid, NULL) AS type, s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum,
      s.seqmax AS maximum, s.seqcache AS cache, s.seqcycle AS cycle,
      d.refobjid AS owner_relation, d.refobjsubid AS owner_column, coalesce(d.deptype = 'i', false) AS identity
    FROM pg_sequence s
    JOIN ${relations(scope)} c ON c.oid = s.seqrelid
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0
      AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    ORDER BY c.nspname COLLATE "C", c.relname COLLATE "C"`;
}

export function describeSequences(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.sequences) {
    const owner = optional(row, 'owner_relation');
    // The owner is one of Lockstep's own tables.
    if (owner !== null && !catalogue.relationOf.has(owner)) continue;
    describe(row, owner === null ? null : columnOf(catalogue, owner, text(row, 'owner_column')), parts);
  }
}

function describe(row: Row, owner: readonly string[] | null, parts: Parts): void {
  const [oid, schema, name] = [text(row, 'oid'), text(row, 'schema'), text(row, 'name')];
  const address = `pg_class:${oid}`;
  const identity = flag(row, 'identity');
  parts.object('sequence', display(schema, name), {
    type: text(row, 'type'),
    start: text(row, 'start'),
    increment: text(row, 'increment'),
    minimum: text(row, 'minimum'),
    maximum: text(row, 'maximum'),
    cache: text(row, 'cache'),
    cycle: flag(row, 'cycle'),
    persistence: text(row, 'persistence'),
    ownedBy: owner === null ? null : display(...owner),
    identity,
  });
  parts.target(address, { label: `sequence ${display(schema, name)}`, sql: `SEQUENCE ${qualified(schema, name)}` });
  if (identity) {
    parts.madeBy(address, `pg_class:${text(row, 'owner_relation')}`);
    return;
  }
  const step = { kind: 'sequence', name: display(schema, name) } as const;
  const unlogged = text(row, 'persistence') === 'u' ? 'UNLOGGED ' : '';
  const create = `CREATE ${unlogged}SEQUENCE ${qualified(schema, name)} AS ${text(row, 'type')} ${sequenceOptions(row)}`;
  parts.step({ ...step, address, stage: 'definition', create });
  if (owner === null) return;
  parts.step({
    ...step,
    address: `${address} owner`,
    stage: 'attach',
    create: `ALTER SEQUENCE ${qualified(schema, name)} OWNED BY ${qualified(...owner)}`,
  });
}

/** Every option is written out, since the defaults go by the type and the direction. */
export function sequenceOptions(row: Row): string {
  return [
    `START WITH ${text(row, 'start')} INCREMENT BY ${text(row, 'increment')}`,
    `MINVALUE ${text(row, 'minimum')} MAXVALUE ${text(row, 'maximum')} CACHE ${text(row, 'cache')}`,
    flag(row, 'cycle') ? 'CYCLE' : 'NO CYCLE',
  ].join(' ');
}

import type { Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { dropOf } from './index-family.ts';
import { display, qualified } from './name.ts';
import { dropped } from './parts.ts';
import type { Parts } from './parts.ts';
import { flag, optional, strings, text } from './row.ts';
import { relations } from './scope.ts';
import type { Scope } from './scope.ts';
import { index } from './tree.ts';
import { callsOf } from './uses.ts';

/** Indexes, those of constraints too. `statistics`: targets of expression columns, as JSON by their number. */
export function indexesQuery(scope: Scope): string {
  return `SELECT i.indexrelid AS oid, i.indrelid AS relation, c.nspname AS schema, c.relname AS owner, c.relkind AS owner_kind,
      x.relname AS name, to_json(x.reloptions) AS options, pg_get_indexdef(i.indexrelid) AS definition, i.indisvalid AS valid,
      i.indisclustered AS clustered, i.indisreplident AS replica_identity, k.oid AS constraint, k.contype AS constraint_type,
      p.inhparent AS parent, pn.nspname AS parent_schema, pc.relname AS parent_name,
      (SELECT json_object_agg(a.attnum, a.attstattarget) FROM pg_attribute a
        WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) AS statistics
    FROM pg_index i
    JOIN ${relations(scope)} c ON c.oid = i.indrelid
    JOIN pg_class x ON x.oid = i.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_inherits p ON p.inhrelid = i.indexrelid
    LEFT JOIN pg_class pc ON pc.oid = p.inhparent
    LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace
    ORDER BY c.nspname COLLATE "C", x.relname COLLATE "C"`;
}

export function describeIndexes(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.indexes) {
    const [path, constraint] = [[text(row, 'schema'), text(row, 'name')], optional(row, 'constraint')];
    parts.target(`pg_class:${text(row, 'oid')}`, {
      label: `index ${display(...path)}`,
      sql: `INDEX ${qualified(...path)}`,
      droppable: dropOf(row, catalogue.families) !== undefined,
    });
    if (constraint === null) describeIndex(row, catalogue, parts);
    describeSettings(row, parts);
    describeAttachment(row, catalogue, parts);
  }
}

function describeIndex(row: Row, catalogue: Catalogue, parts: Parts): void {
  const [schema, name] = [text(row, 'schema'), text(row, 'name')];
  const definition = text(row, 'definition');
  const address = `pg_class:${text(row, 'oid')}`;
  parts.object(
    'index',
    display(schema, name),
    { definition: index(definition), ...callsOf(catalogue, address), ...indexState(row) },
    definition,
  );
  parts.step({
    address,
    stage: 'index',
    kind: 'index',
    name: display(schema, name),
    create: definition,
    ...dropped(dropOf(row, catalogue.families)),
    table: display(schema, text(row, 'owner')),
    needs: [`pg_class:${text(row, 'relation')}`],
  });
}

/** Facts of an index that its definition does not tell. */
export function indexState(row: Row): Record<string, Fact> {
  const partitioned = text(row, 'owner_kind') === 'p';
  const statistics = statisticsOf(row);
  const options = strings(row, 'options');
  return {
    ...(options.length === 0 ? {} : { options: options.toSorted() }),
    // A partitioned index is valid once every partition has its part.
    ...(flag(row, 'valid') || partitioned ? {} : { valid: false }),
    ...(optional(row, 'parent') === null ? {} : { of: display(text(row, 'parent_schema'), text(row, 'parent_name')) }),
    ...(flag(row, 'clustered') ? { clustered: true } : {}),
    ...(flag(row, 'replica_identity') ? { replicaIdentity: true } : {}),
    ...(statistics.length === 0 ? {} : { statistics: Object.fromEntries(statistics) }),
  };
}

/** CLUSTER, replica identity, and statistics of expressions. An index that holds the first two is never dropped. */
function describeSettings(row: Row, parts: Parts): void {
  const [schema, name] = [text(row, 'schema'), text(row, 'name')];
  const table = qualified(schema, text(row, 'owner'));
  const own = qualified(schema, name);
  const made = optional(row, 'constraint');
  const step = {
    stage: 'index attach',
    kind: 'index',
    name: display(schema, name),
    table: display(schema, text(row, 'owner')),
    needs: [made === null ? `pg_class:${text(row, 'oid')}` : `pg_constraint:${made}`],
  } as const;
  const address = `pg_class:${text(row, 'oid')}`;
  if (flag(row, 'clustered')) {
    parts.step({
      ...step,
      address: `${address} cluster`,
      create: `ALTER TABLE ${table} CLUSTER ON ${qualified(name)}`,
    });
  }
  if (flag(row, 'replica_identity')) {
    const create = `ALTER TABLE ONLY ${table} REPLICA IDENTITY USING INDEX ${qualified(name)}`;
    parts.step({ ...step, address: `${address} replica identity`, create });
  }
  for (const [column, target] of statisticsOf(row)) {
    parts.step({
      ...step,
      address: `${address} statistics ${column}`,
      create: `ALTER INDEX ${own} ALTER COLUMN ${column} SET STATISTICS ${target}`,
      drop: `ALTER INDEX IF EXISTS ${own} ALTER COLUMN ${column} SET STATISTICS -1`,
    });
  }
}

function statisticsOf(row: Row): [string, string][] {
  const targets: unknown = JSON.parse(optional(row, 'statistics') ?? '{}');
  if (typeof targets !== 'object' || targets === null) return [];
  return Object.entries(targets).map(([column, target]) => [column, String(target)]);
}

/** The part that a partition has in its table's index, or in the index of its table's key. */
function describeAttachment(row: Row, catalogue: Catalogue, parts: Parts): void {
  const parent = optional(row, 'parent');
  if (parent === null) return;
  const path = [text(row, 'schema'), text(row, 'name')];
  const parentIndex = qualified(text(row, 'parent_schema'), text(row, 'parent_name'));
  parts.step({
    address: `pg_class:${text(row, 'oid')} attach`,
    stage: 'index attach',
    kind: 'index',
    name: display(...path),
    create: `ALTER INDEX ${parentIndex} ATTACH PARTITION ${qualified(...path)}`,
    table: display(text(row, 'schema'), text(row, 'owner')),
    ...dropped(dropOf(row, catalogue.families)),
    needs: [parts.makerOf(`pg_class:${text(row, 'oid')}`), parts.makerOf(`pg_class:${parent}`)],
  });
}

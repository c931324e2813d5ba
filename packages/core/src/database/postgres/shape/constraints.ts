import type { Fact, Reference, ShapeKind } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { dropOf } from './index-family.ts';
import { indexState } from './indexes.ts';
import { display, qualified } from './name.ts';
import { optionsSql } from './options.ts';
import { dropped } from './parts.ts';
import type { Parts, Stage } from './parts.ts';
import { flag, strings, text } from './row.ts';
import { notOfExtension, relations } from './scope.ts';
import type { Scope } from './scope.ts';
import { constraint } from './tree.ts';
import { callsOf } from './uses.ts';

/**
 * Constraints of tables and of domains. NOT NULL, which Postgres 18 has as a constraint too, is a fact of the column.
 * `kept` says that something other than a foreign key depends on the constraint, so that it cannot be dropped for a
 * while.
 */
export function constraintsQuery(scope: Scope): string {
  return `SELECT k.oid, k.conname AS name, k.contype AS type, k.conrelid AS relation, k.contypid AS domain,
      k.conindid AS index, k.conparentid <> 0 AS clone, k.coninhcount AS parents, k.conislocal AS local,
      k.convalidated AS valid, pg_get_constraintdef(k.oid) AS definition,
      c.nspname AS schema, c.relname AS owner, c.relkind AS owner_kind, tn.nspname AS domain_schema, t.typname AS domain_name,
      to_json(i.reloptions) AS options, tc.relname AS target, tcn.nspname AS target_schema,
      ${columnNames('k.conrelid', 'k.conkey')} AS columns, ${columnNames('k.confrelid', 'k.confkey')} AS target_columns,
      EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid
        AND d.deptype = 'n') AS kept
    FROM pg_constraint k
    LEFT JOIN ${relations(scope)} c ON c.oid = k.conrelid
    LEFT JOIN pg_type t ON t.oid = k.contypid
    LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace
    LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype <> 'f'
    LEFT JOIN pg_class tc ON tc.oid = k.confrelid
    LEFT JOIN pg_namespace tcn ON tcn.oid = tc.relnamespace
    WHERE k.contype IN ('c', 'p', 'u', 'x', 'f')
      AND (c.oid IS NOT NULL OR (tn.nspname = ANY (${scope.schemas}) AND ${notOfExtension('pg_type', 't.oid')}))
    ORDER BY c.nspname COLLATE "C", c.relname COLLATE "C", k.conname COLLATE "C", k.oid`;
}

function columnNames(relation: string, numbers: string): string {
  return `(SELECT json_agg(a.attname ORDER BY n.place) FROM unnest(${numbers}) WITH ORDINALITY n (number, place)
    JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = n.number)`;
}

const kinds: Readonly<Record<string, { readonly kind: ShapeKind; readonly stage: Stage }>> = {
  p: { kind: 'primary key', stage: 'key' },
  u: { kind: 'unique constraint', stage: 'key' },
  x: { kind: 'exclusion constraint', stage: 'key' },
  c: { kind: 'check constraint', stage: 'check' },
  f: { kind: 'foreign key', stage: 'foreign key' },
};

export function describeConstraints(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.constraints) {
    if (text(row, 'relation') === '0') describeDomainCheck(row, catalogue, parts);
    else describeTableConstraint(row, catalogue, parts);
  }
}

function describeTableConstraint(row: Row, catalogue: Catalogue, parts: Parts): void {
  const described = kinds[text(row, 'type')];
  if (described === undefined) return;
  const { kind, stage } = described;
  const [path, definition] = [pathOf(row), text(row, 'definition')];
  const address = `pg_constraint:${text(row, 'oid')}`;
  const inline = parts.makerOf(address) !== address;
  const drop = inline ? undefined : dropConstraint(row, catalogue);
  parts.target(address, {
    label: `constraint ${display(...path)}`,
    sql: `CONSTRAINT ${qualified(text(row, 'name'))} ON ${qualified(text(row, 'schema'), text(row, 'owner'))}`,
    droppable: drop !== undefined,
  });
  // The partitions' part of their table's foreign key comes and goes with it.
  if (kind === 'foreign key' && flag(row, 'clone')) return;
  parts.object(
    kind,
    display(...path),
    {
      definition: constraint(definition),
      ...inheritance(row),
      ...callsOf(catalogue, address),
      ...indexFacts(row, catalogue),
    },
    definition,
  );
  if (inline || isInherited(row)) return;
  const table = tableSql(row);
  const constraintName = qualified(text(row, 'name'));
  parts.step({
    address,
    stage,
    kind,
    name: display(...path),
    create: `ALTER TABLE ${table} ADD CONSTRAINT ${constraintName} ${definition}`,
    ...dropped(drop),
    table: display(text(row, 'schema'), text(row, 'owner')),
    ...(kind === 'foreign key' ? { reference: referenceOf(row) } : {}),
    needs: [`pg_class:${text(row, 'relation')}`, ...(catalogue.childChecks.get(checkKey(row)) ?? [])],
  });
  if (kind === 'foreign key' || kind === 'check constraint') return;
  parts.madeBy(`pg_class:${text(row, 'index')}`, address);
  describeIndexOptions(row, kind, parts);
}

function referenceOf(row: Row): Reference {
  return {
    from: { schema: text(row, 'schema'), name: text(row, 'owner') },
    columns: strings(row, 'columns'),
    to: { schema: text(row, 'target_schema'), name: text(row, 'target') },
    toColumns: strings(row, 'target_columns'),
    validated: flag(row, 'valid'),
  };
}

/** A key goes with its index; one that others refer to stays. */
function dropConstraint(row: Row, catalogue: Catalogue): string | undefined {
  const index = text(row, 'type') === 'f' ? undefined : catalogue.indexOf.get(text(row, 'index'));
  if (index !== undefined) return dropOf(index, catalogue.families);
  if (flag(row, 'kept')) return undefined;
  return `ALTER TABLE ${tableSql(row)} DROP CONSTRAINT IF EXISTS ${qualified(text(row, 'name'))}`;
}

/** A check that a child has from its parents only. */
function isInherited(row: Row): boolean {
  return text(row, 'type') === 'c' && !flag(row, 'local');
}

/** Children's own checks that a parent's check is merged with. They are made first, and go after it. */
export function childChecks(
  constraints: readonly Row[],
  parentsOf: ReadonlyMap<string, readonly Row[]>,
): Map<string, string[]> {
  const checks = new Map<string, string[]>();
  for (const row of constraints) {
    if (text(row, 'type') !== 'c' || !flag(row, 'local') || text(row, 'parents') === '0') continue;
    for (const parent of parentsOf.get(text(row, 'relation')) ?? []) {
      const key = checkKey({ relation: text(parent, 'oid'), name: text(row, 'name') });
      checks.set(key, [...(checks.get(key) ?? []), `pg_constraint:${text(row, 'oid')}`]);
    }
  }
  return checks;
}

function checkKey(row: Row): string {
  return `${text(row, 'relation')}:${text(row, 'name')}`;
}

function inheritance(row: Row): Record<string, boolean> {
  return isInherited(row) ? { inherited: true } : {};
}

/** What the index behind a key says beside the key. */
function indexFacts(row: Row, catalogue: Catalogue): Record<string, Fact> {
  const index = text(row, 'type') === 'f' ? undefined : catalogue.indexOf.get(text(row, 'index'));
  return index === undefined ? {} : indexState(index);
}

/** Storage options of the index behind a key: pg_get_constraintdef leaves them out. */
function describeIndexOptions(row: Row, kind: ShapeKind, parts: Parts): void {
  const list = strings(row, 'options');
  if (list.length === 0) return;
  const index = qualified(text(row, 'schema'), text(row, 'name'));
  const names = list.map((option) => option.replace(/=.*$/s, ''));
  parts.step({
    address: `pg_constraint:${text(row, 'oid')} options`,
    stage: 'index',
    kind,
    name: display(...pathOf(row)),
    table: display(text(row, 'schema'), text(row, 'owner')),
    create: `ALTER INDEX ${index} SET (${optionsSql(list)})`,
    drop: `ALTER INDEX IF EXISTS ${index} RESET (${names.join(', ')})`,
    needs: [`pg_constraint:${text(row, 'oid')}`],
  });
}

/**
 * Checks that stand in CREATE TABLE: those that hold for every row and call no function of the schemas. The others come
 * after the rows: rows may be older than the check, and a function may read other tables.
 */
export function inlineChecks(catalogue: Catalogue, parts: Parts, table: Row): Row[] {
  const partition = flag(table, 'partition');
  return (catalogue.constraintsOf.get(text(table, 'oid')) ?? []).filter(
    (row) =>
      text(row, 'type') === 'c' &&
      flag(row, 'valid') &&
      (partition || flag(row, 'local')) &&
      !callsFunction(row, catalogue, parts),
  );
}

function callsFunction(row: Row, catalogue: Catalogue, parts: Parts): boolean {
  const needs = catalogue.neededBy.get(`pg_constraint:${text(row, 'oid')}`) ?? [];
  return needs.some(({ address }) => parts.makerOf(address).startsWith('pg_proc:'));
}

function describeDomainCheck(row: Row, catalogue: Catalogue, parts: Parts): void {
  const domain = [text(row, 'domain_schema'), text(row, 'domain_name')];
  const path = [...domain, text(row, 'name')];
  const address = `pg_constraint:${text(row, 'oid')}`;
  const constraintName = qualified(text(row, 'name'));
  const definition = text(row, 'definition');
  const late = !flag(row, 'valid') || callsFunction(row, catalogue, parts);
  parts.object(
    'check constraint',
    display(...path),
    { definition: constraint(definition), ...callsOf(catalogue, address) },
    definition,
  );
  parts.target(address, {
    label: `constraint ${display(...path)}`,
    sql: `CONSTRAINT ${constraintName} ON DOMAIN ${qualified(...domain)}`,
    droppable: late,
  });
  parts.step({
    address,
    stage: late ? 'check' : 'attach',
    kind: 'check constraint',
    name: display(...path),
    create: `ALTER DOMAIN ${qualified(...domain)} ADD CONSTRAINT ${constraintName} ${definition}`,
    ...(late ? { drop: `ALTER DOMAIN ${qualified(...domain)} DROP CONSTRAINT IF EXISTS ${constraintName}` } : {}),
    needs: [`pg_type:${text(row, 'domain')}`],
  });
}

/**
 * Checks go down to the children, and foreign keys to the partitions. Keys are made table by table, so that each keeps
 * its name, and the partitions' ones are attached.
 */
function tableSql(row: Row): string {
  const name = qualified(text(row, 'schema'), text(row, 'owner'));
  const type = text(row, 'type');
  const down = type === 'c' || (type === 'f' && text(row, 'owner_kind') === 'p');
  return down ? name : `ONLY ${name}`;
}

function pathOf(row: Row): string[] {
  return [text(row, 'schema'), text(row, 'owner'), text(row, 'name')];
}

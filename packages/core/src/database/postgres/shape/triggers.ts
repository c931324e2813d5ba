import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { display, qualified } from './name.ts';
import type { Parts } from './parts.ts';
import { optional, text } from './row.ts';
import { relations } from './scope.ts';
import type { Scope } from './scope.ts';
import { statement } from './tree.ts';

/** Triggers that people made. Partitions have copies of their table's triggers, which may be switched off alone. */
export function triggersQuery(scope: Scope): string {
  return `SELECT t.oid, t.tgname AS name, t.tgrelid AS relation, c.nspname AS schema, c.relname AS owner,
      pg_get_triggerdef(t.oid) AS definition, t.tgenabled AS enabled, p.oid AS parent, p.tgenabled AS parent_enabled
    FROM pg_trigger t
    JOIN ${relations(scope)} c ON c.oid = t.tgrelid
    LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
    WHERE NOT t.tgisinternal OR p.oid IS NOT NULL AND NOT p.tgisinternal
    ORDER BY c.nspname COLLATE "C", c.relname COLLATE "C", t.tgname COLLATE "C"`;
}

const states: Readonly<Record<string, string>> = { O: 'ENABLE', D: 'DISABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' };

export function describeTriggers(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.triggers) {
    if (optional(row, 'parent') === null) describeTrigger(row, parts);
    else describeCopy(row, parts);
  }
}

function describeTrigger(row: Row, parts: Parts): void {
  const address = `pg_trigger:${text(row, 'oid')}`;
  const definition = text(row, 'definition');
  register(row, parts);
  parts.object(
    'trigger',
    triggerName(row),
    { definition: statement(definition), state: stateOf(row, 'enabled') },
    definition,
  );
  parts.step({
    address,
    stage: 'trigger',
    kind: 'trigger',
    name: triggerName(row),
    table: display(text(row, 'schema'), text(row, 'owner')),
    create: definition,
    drop: `DROP TRIGGER IF EXISTS ${qualified(text(row, 'name'))} ON ${tableSql(row)}`,
    needs: [`pg_class:${text(row, 'relation')}`],
  });
  if (text(row, 'enabled') !== 'O') switchState(row, 'ENABLE', [address], parts);
}

function describeCopy(row: Row, parts: Parts): void {
  register(row, parts);
  if (text(row, 'enabled') === text(row, 'parent_enabled')) return;
  const parent = `pg_trigger:${text(row, 'parent')}`;
  parts.object('trigger', triggerName(row), { copy: true, state: stateOf(row, 'enabled') });
  switchState(row, stateOf(row, 'parent_enabled'), [parent, `${parent} state`], parts);
}

/** No `ONLY`: on a partitioned table the copies follow; those that differ are set after it. */
function switchState(row: Row, usual: string, needs: readonly string[], parts: Parts): void {
  const change = (state: string): string =>
    `ALTER TABLE ${tableSql(row)} ${state} TRIGGER ${qualified(text(row, 'name'))}`;
  parts.step({
    address: `pg_trigger:${text(row, 'oid')} state`,
    stage: 'trigger state',
    kind: 'trigger',
    name: triggerName(row),
    table: display(text(row, 'schema'), text(row, 'owner')),
    create: change(stateOf(row, 'enabled')),
    drop: change(usual),
    needs,
  });
}

function register(row: Row, parts: Parts): void {
  parts.target(`pg_trigger:${text(row, 'oid')}`, {
    label: `trigger ${triggerName(row)}`,
    sql: `TRIGGER ${qualified(text(row, 'name'))} ON ${tableSql(row)}`,
    droppable: true,
  });
}

function stateOf(row: Row, name: string): string {
  return states[text(row, name)] ?? '';
}

function tableSql(row: Row): string {
  return qualified(text(row, 'schema'), text(row, 'owner'));
}

function triggerName(row: Row): string {
  return display(text(row, 'schema'), text(row, 'owner'), text(row, 'name'));
}

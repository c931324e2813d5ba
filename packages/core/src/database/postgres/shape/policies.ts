import type { Row } from '../../database.ts';
import { quote } from '../quote.ts';
import type { Catalogue } from './catalogue.ts';
import { display, nameOf, qualified, sqlName } from './name.ts';
import type { Parts } from './parts.ts';
import { flag, optional, strings, text } from './row.ts';
import { relations } from './scope.ts';
import type { Scope } from './scope.ts';
import { expression } from './tree.ts';
import { usesOf } from './uses.ts';

/** `roles` is empty for PUBLIC. */
export function policiesQuery(scope: Scope): string {
  return `SELECT p.oid, p.polname AS name, p.polrelid AS relation, c.nspname AS schema, c.relname AS owner, p.polcmd AS command,
      p.polpermissive AS permissive, pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check,
      (SELECT json_agg(r.rolname ORDER BY r.rolname COLLATE "C") FROM pg_roles r WHERE r.oid = ANY (p.polroles)) AS roles
    FROM pg_policy p JOIN ${relations(scope)} c ON c.oid = p.polrelid
    ORDER BY c.nspname COLLATE "C", c.relname COLLATE "C", p.polname COLLATE "C"`;
}

const commands: Readonly<Record<string, string>> = { r: 'SELECT', a: 'INSERT', w: 'UPDATE', d: 'DELETE', '*': 'ALL' };

export function describePolicies(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.policies) describePolicy(row, catalogue, parts);
  for (const row of catalogue.relations) describeTableState(row, parts);
}

function describePolicy(row: Row, catalogue: Catalogue, parts: Parts): void {
  const path = [text(row, 'schema'), text(row, 'owner'), text(row, 'name')];
  const [using, check] = [optional(row, 'using'), optional(row, 'check')];
  const command = commands[text(row, 'command')] ?? '';
  const permissive = flag(row, 'permissive');
  const roles = strings(row, 'roles');
  const address = `pg_policy:${text(row, 'oid')}`;
  const table = qualified(text(row, 'schema'), text(row, 'owner'));
  const create = [
    `CREATE POLICY ${quote(text(row, 'name'))} ON ${table}`,
    permissive ? '' : 'AS RESTRICTIVE',
    `FOR ${command}`,
    `TO ${roles.length === 0 ? 'PUBLIC' : roles.map(quote).join(', ')}`,
    using === null ? '' : `USING (${using})`,
    check === null ? '' : `WITH CHECK (${check})`,
  ]
    .filter(Boolean)
    .join(' ');
  const facts = {
    command,
    permissive,
    roles,
    using: using === null ? null : expression(using),
    check: check === null ? null : expression(check),
    ...usesOf(catalogue, address),
  };
  parts.object('policy', display(...path), facts, create);
  parts.target(address, { label: `policy ${display(...path)}`, sql: `POLICY ${quote(text(row, 'name'))} ON ${table}` });
  parts.step({
    address,
    stage: 'policy',
    kind: 'policy',
    name: display(...path),
    create,
    needs: [`pg_class:${text(row, 'relation')}`],
  });
}

/** Row security that holds for the owner too would keep rows from being loaded, so it goes while they are. */
function describeTableState(row: Row, parts: Parts): void {
  const table = sqlName(row);
  const address = `pg_class:${text(row, 'oid')}`;
  const step = { stage: 'table state', kind: 'table', name: nameOf(row), needs: [address] } as const;
  if (flag(row, 'row_security')) {
    parts.step({
      ...step,
      address: `${address} row security`,
      create: `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    });
  }
  if (flag(row, 'force_row_security')) {
    const change = (word: string): string => `ALTER TABLE ${table} ${word} ROW LEVEL SECURITY`;
    parts.step({
      ...step,
      address: `${address} forced row security`,
      create: change('FORCE'),
      drop: change('NO FORCE'),
    });
  }
  const identity = { n: 'NOTHING', f: 'FULL' }[text(row, 'replica_identity')];
  if (identity !== undefined && ['r', 'p', 'm'].includes(text(row, 'kind'))) {
    const create = `ALTER TABLE ONLY ${table} REPLICA IDENTITY ${identity}`;
    parts.step({ ...step, address: `${address} replica identity`, create });
  }
}

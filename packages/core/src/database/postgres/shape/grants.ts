import type { Row } from '../../database.ts';
import { literal, quote } from '../quote.ts';
import type { Catalogue } from './catalogue.ts';
import { columnOf, columnTarget } from './columns.ts';
import type { Parts, Target } from './parts.ts';
import { flag, groupBy, optional, text } from './row.ts';
import { relations } from './scope.ts';
import type { Scope } from './scope.ts';

/**
 * Owners, and rights that differ from those that the server gives by itself: one row for each right that was given
 * (`given`) or taken away. A row without a right is there for the owner. `role` is NULL for PUBLIC.
 */
export function grantsQuery(scope: Scope): string {
  const sources = [
    `SELECT 'pg_class:' || c.oid, 0, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner, c.relacl
      FROM ${relations(scope)} c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')`,
    `SELECT 'pg_class:' || c.oid, a.attnum, 'c'::"char", c.relowner, a.attacl
      FROM ${relations(scope)} c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped`,
    `SELECT 'pg_proc:' || p.oid, 0, 'f'::"char", p.proowner, p.proacl
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY (${scope.schemas})`,
    `SELECT 'pg_type:' || t.oid, 0, 'T'::"char", t.typowner, t.typacl
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
      WHERE n.nspname = ANY (${scope.schemas}) AND (t.typtype IN ('e', 'd') OR c.relkind = 'c')`,
    `SELECT 'pg_namespace:' || n.oid, 0, 'n'::"char", n.nspowner, n.nspacl
      FROM pg_namespace n WHERE n.nspname = ANY (${scope.schemas})`,
  ];
  const same = 'x.grantee = y.grantee AND x.privilege_type = y.privilege_type';
  return `WITH o (address, part, type, owner, acl) AS (${sources.join(' UNION ALL ')}), differing AS (
      SELECT o.address, o.part, x.grantee, x.privilege_type AS privilege, x.is_grantable AS grantable, true AS given
      FROM o CROSS JOIN LATERAL aclexplode(o.acl) x
      WHERE NOT EXISTS (SELECT FROM aclexplode(acldefault(o.type, o.owner)) y
        WHERE ${same} AND x.is_grantable = y.is_grantable)
      UNION
      SELECT o.address, o.part, y.grantee, y.privilege_type, y.is_grantable, false
      FROM o CROSS JOIN LATERAL aclexplode(acldefault(o.type, o.owner)) y
      WHERE o.acl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(o.acl) x WHERE ${same})
    )
    SELECT o.address, o.part, pg_get_userbyid(o.owner) AS owner, NULL AS role, NULL AS privilege, 'f' AS grantable, 'f' AS given
    FROM o WHERE o.part = 0
    UNION ALL
    SELECT d.address, d.part, NULL, CASE WHEN d.grantee <> 0 THEN pg_get_userbyid(d.grantee) END, d.privilege,
      d.grantable::text, d.given::text
    FROM differing d`;
}

export function describeGrants(catalogue: Catalogue, parts: Parts): void {
  const owners = catalogue.grants.filter((row) => optional(row, 'owner') !== null);
  for (const row of owners) describeOwner(row, catalogue, parts);
  const rights = catalogue.grants.filter((row) => optional(row, 'owner') === null);
  for (const rows of groupBy(rights, identityOf).values()) describeRights(rows, catalogue, parts);
}

function identityOf(row: Row): string {
  return `${text(row, 'address')}:${text(row, 'part')}:${optional(row, 'role') ?? ''}`;
}

/** The schema `public` belongs to whom the database belongs; an owned sequence to the table's owner. */
function describeOwner(row: Row, catalogue: Catalogue, parts: Parts): void {
  const address = text(row, 'address');
  const target = parts.targetOf(address);
  const owner = text(row, 'owner');
  if (target === undefined || owner === 'pg_database_owner' || isOwnedSequence(address, catalogue)) return;
  parts.object('owner', target.label, { owner });
  parts.step({
    address: `${address} owner role`,
    stage: 'owner',
    kind: 'owner',
    name: target.label,
    create: whereRoleExists(owner, `ALTER ${target.sql} OWNER TO ${quote(owner)}`, { member: true }),
  });
}

function isOwnedSequence(address: string, catalogue: Catalogue): boolean {
  return catalogue.ownedSequences.has(address);
}

function describeRights(rows: readonly Row[], catalogue: Catalogue, parts: Parts): void {
  const [row] = rows;
  if (row === undefined) return;
  const part = text(row, 'part');
  const [, oid = ''] = text(row, 'address').split(':');
  const column = part === '0' ? undefined : columnTarget(catalogue, oid, part);
  const target = parts.targetOf(text(row, 'address'));
  const role = optional(row, 'role');
  if (target === undefined || (part !== '0' && column === undefined) || isUsual(rows, target)) return;
  const name = `${(column ?? target).label} to ${role ?? 'PUBLIC'}`;
  const of = (given: boolean, grantable: boolean): string[] =>
    rows
      .filter((each) => flag(each, 'given') === given && (!given || flag(each, 'grantable') === grantable))
      .map((each) => text(each, 'privilege'))
      .toSorted();
  const [plain, grantable, revoked] = [of(true, false), of(true, true), of(false, false)];
  parts.object('grant', name, { privileges: plain, withGrantOption: grantable, revoked });
  const columnName = column === undefined ? '' : ` (${quote(columnOf(catalogue, oid, part)?.at(-1) ?? '')})`;
  const list = (privileges: readonly string[]): string => privileges.map((each) => each + columnName).join(', ');
  const to = role === null ? 'PUBLIC' : quote(role);
  const on = `ON ${grantWord(target)}`;
  const statements = [
    revoked.length === 0 ? '' : `REVOKE ${list(revoked)} ${on} FROM ${to}`,
    plain.length === 0 ? '' : `GRANT ${list(plain)} ${on} TO ${to}`,
    grantable.length === 0 ? '' : `GRANT ${list(grantable)} ${on} TO ${to} WITH GRANT OPTION`,
  ].filter(Boolean);
  for (const [index, create] of statements.entries()) {
    parts.step({
      address: `${identityOf(row)} grant ${index}`,
      // A new owner needs rights in the schema.
      stage: target.sql.startsWith('SCHEMA ') ? 'schema grant' : 'grant',
      kind: 'grant',
      name,
      create: role === null ? create : whereRoleExists(role, create),
    });
  }
}

/** Everybody may use the schema `public`: the server's own grant, which acldefault does not know. */
function isUsual(rows: readonly Row[], target: Target): boolean {
  if (target.sql !== 'SCHEMA "public"') return false;
  return rows.every(
    (row) => optional(row, 'role') === null && text(row, 'privilege') === 'USAGE' && flag(row, 'given'),
  );
}

/** GRANT has its own words: a view is a TABLE, an enum or a domain a TYPE. */
function grantWord(target: Target): string {
  return target.sql.replace(/^(MATERIALIZED VIEW|VIEW) /, 'TABLE ').replace(/^DOMAIN /, 'TYPE ');
}

/** One statement that does something only on a server that knows the role. */
function whereRoleExists(role: string, statement: string, { member = false } = {}): string {
  // Only a member of a role may give it something to own.
  const condition = member ? ` AND pg_catalog.pg_has_role(rolname, 'MEMBER')` : '';
  const body = [
    'BEGIN',
    `  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(role)}${condition}) THEN`,
    `    ${statement};`,
    '  END IF;',
    'END',
  ].join('\n');
  let tag = '$do$';
  while (body.includes(tag)) tag = `$do${tag.length}$`;
  return `DO ${tag}\n${body}\n${tag}`;
}

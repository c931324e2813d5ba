import { quote } from '../postgres/quote.ts';
import type { Engine } from './engine.ts';

/**
 * What a client has set on its connection. There is one backend for all, so this is read when another client gets it,
 * and put back when the client gets it again.
 *
 * Not among it: values of `currval` (an error after a change of clients, as the next client must not see them), and
 * advisory locks (they exclude nobody here).
 */
export interface SessionState {
  readonly settings: ReadonlyMap<string, string>;
  /** SET ROLE; `none` without. */
  readonly role: string;
  /** SET SESSION AUTHORIZATION; '' without. */
  readonly authorization: string;
}

export interface SeenState extends SessionState {
  /** Names of the statements that were prepared by messages of the protocol. */
  readonly named: ReadonlySet<string>;
  /** What only this backend has, so that the client has to keep it: temporary tables, for example. '' without any. */
  readonly bound: string;
}

/** A connection on which nothing was set but by its first packet. */
export function newState(settings: ReadonlyMap<string, string> = new Map()): SessionState {
  return { settings, role: 'none', authorization: '' };
}

/**
 * Reads the state of the client that has the backend, outside of a transaction, and puts its role off. `custom` are
 * settings with a dot in their names that the client may have made; no list of the server has them.
 */
export async function readState(engine: Engine, custom: Iterable<string>): Promise<SeenState> {
  const rows = await engine.query(readSql + [...custom].map(customSql).join(''));
  const of = (kind: string): [string, string][] =>
    rows.flatMap(([found, name, value]) =>
      found === kind ? [[name ?? '', value ?? ''] satisfies [string, string]] : [],
    );
  return {
    settings: new Map(of('setting')),
    role: of('role')[0]?.[1] ?? 'none',
    authorization: of('authorization')[0]?.[1] ?? '',
    named: new Set(of('named').map(([name]) => name)),
    bound: of('bound')
      .map(([, what]) => what)
      .join(', '),
  };
}

/** In single-user mode, RESET SESSION AUTHORIZATION does not know of a user to go back to, and does nothing. */
const ownRole = 'SET SESSION AUTHORIZATION postgres; RESET ROLE';

/** The identity of pg_namespace in every Postgres. */
const namespaces = 2615;

/** Only a superuser sees every setting, so the role is put off before they are read. */
const readSql = `
SELECT 'role', '', pg_catalog.current_setting('role')
UNION ALL SELECT 'authorization', '', session_user::text WHERE session_user <> 'postgres';
${ownRole};
SELECT 'setting', name, setting FROM pg_catalog.pg_show_all_settings()
WHERE source = 'session' AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
UNION ALL SELECT CASE WHEN from_sql THEN 'bound' ELSE 'named' END, name, 'prepared statements'
FROM pg_catalog.pg_prepared_statement()
UNION ALL SELECT 'bound', '', 'cursors WITH HOLD' FROM pg_catalog.pg_cursor() WHERE is_holdable
UNION ALL SELECT 'bound', '', 'temporary tables' WHERE pg_catalog.pg_my_temp_schema() <> 0 AND EXISTS (
  SELECT FROM pg_catalog.pg_depend
  WHERE refclassid = ${namespaces} AND refobjid = pg_catalog.pg_my_temp_schema())`;

function customSql(name: string): string {
  return `
UNION ALL SELECT 'setting', ${literal(name)}, pg_catalog.current_setting(${literal(name)}, true)
WHERE pg_catalog.current_setting(${literal(name)}, true) <> ''`;
}

/** Takes up the role again. */
export async function resumeRole(engine: Engine, { role, authorization }: SessionState): Promise<void> {
  if (authorization !== '') await engine.query(`SET SESSION AUTHORIZATION ${quote(authorization)}`);
  if (role !== 'none') await engine.query(`SET ROLE ${quote(role)}`);
}

/**
 * Makes the state of the next client out of that of the last one, whose role is off. Only what differs is set, as some
 * settings read files. `currval` would show what the last one drew. Throws StatementError.
 */
export async function changeState(engine: Engine, last: SessionState, next: SessionState): Promise<void> {
  const gone = [...last.settings.keys()].filter((name) => !next.settings.has(name));
  const changed = [...next.settings].filter(([name, value]) => last.settings.get(name) !== value);
  const calls = [
    ...gone.map((name) => `pg_catalog.set_config(${literal(name)}, NULL, false)`),
    ...changed.map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`),
  ];
  await engine.query(`DISCARD SEQUENCES; UNLISTEN *; SELECT ${calls.join(', ')}`);
  await resumeRole(engine, next);
}

/** Takes away the prepared statements of a client, which has them again later. */
export async function deallocate(engine: Engine): Promise<void> {
  await engine.query('DEALLOCATE ALL');
}

/** A string that is read the same whatever standard_conforming_strings a client has set. */
function literal(value: string): string {
  return `E'${value.replace(/[\\']/g, '$&$&')}'`;
}

/** Leaves nothing of a client that is gone, outside of a transaction. */
export async function discardState(engine: Engine): Promise<void> {
  await engine.query(ownRole);
  await engine.query('DISCARD ALL');
}

import type { Client } from 'pg';
import { sqlStateOf } from './failure.ts';
import { literal, quote } from './quote.ts';

/** Settings that decide how values and definitions are written as text, and how a text is read. */
const fixed: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  TimeZone: 'UTC',
  timezone_abbreviations: 'Default',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  lc_monetary: 'C',
  extra_float_digits: '3',
  bytea_output: 'hex',
  xmloption: 'content',
  xmlbinary: 'base64',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  transform_null_equals: 'off',
  exit_on_error: 'off',
  check_function_bodies: 'on',
  client_min_messages: 'notice',
  quote_all_identifiers: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
};

/** Limits that a role or a database may have been given for its servers, and that would cut off a long statement. */
const timeouts = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
];

export interface ConnectionSettings {
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** The search path. Without any, only pg_catalog is looked into. */
  readonly schemas: readonly string[];
  /** Settings for this connection beside the fixed ones. */
  readonly extra?: Readonly<Record<string, string>>;
  /** For a server: see `speedUpLoading`. */
  readonly bulk?: boolean;
}

/**
 * Makes a connection one that gives the same results on every server. Time limits are taken off, except those that the
 * URL itself asks for.
 */
export async function applySettings(client: Client, settings: ConnectionSettings): Promise<Applied> {
  // In two steps: how the second one's strings are read is decided by the first.
  await client.query(`SELECT ${setAll(fixed)}`);
  const text = `SELECT ${setAll(ownOf(settings))}, ${unlimited}, ${sessionId}`;
  const [row] = (await client.query<{ id: string; limits: string | null }>(text)).rows;
  return { id: row?.id ?? '', limits: row?.limits?.split(',') ?? [] };
}

export interface Applied {
  /** Of the session. */
  readonly id: string;
  /** The time limits that were taken off. */
  readonly limits: readonly string[];
}

function ownOf(settings: ConnectionSettings): Readonly<Record<string, string>> {
  return {
    search_path: settings.schemas.map(quote).join(', '),
    application_name: fitName(settings.applicationName),
    ...settings.extra,
  };
}

/** The parts of DISCARD ALL, which itself may not be sent together with others. */
const discardAll = [
  'CLOSE ALL',
  'SET SESSION AUTHORIZATION DEFAULT',
  'RESET ALL',
  'DEALLOCATE ALL',
  'UNLISTEN *',
  'SELECT pg_catalog.pg_advisory_unlock_all()',
  'DISCARD PLANS',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
];

/** Makes a connection as it was after `applySettings`, whatever statements have done to it since. */
export async function renewSettings(
  client: Client,
  settings: ConnectionSettings,
  limits: readonly string[],
): Promise<void> {
  await client.query([...discardAll, `SELECT ${setAll(fixed)}`].join('; '));
  const off = Object.fromEntries(limits.map((name) => [name, '0']));
  await client.query(`SELECT ${setAll({ ...ownOf(settings), ...off })}`);
}

function setAll(values: Readonly<Record<string, string>>): string {
  const calls = Object.entries(values).map(
    ([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`,
  );
  return calls.join(', ');
}

/** The process and when it started: the system gives process ids again. */
const sessionId = `(SELECT pid || '@' || EXTRACT(epoch FROM backend_start) FROM pg_catalog.pg_stat_activity
  WHERE pid = pg_catalog.pg_backend_pid()) AS id`;

/** Source `client` means that the connection's URL gave the value. Names that a version lacks are not in the view. */
const unlimited = `(SELECT pg_catalog.string_agg(name, ',') FILTER (WHERE pg_catalog.set_config(name, '0', false) = '0')
  FROM pg_catalog.pg_settings
  WHERE name IN (${timeouts.map(literal).join(', ')}) AND source <> 'client' AND setting <> '0') AS limits`;

/**
 * Lets the server notice that the process behind a connection is gone: it then ends the statement, instead of finishing
 * it for nobody and holding its locks. One whose host has vanished is given up after a minute. Not every server's
 * platform can.
 */
export async function watchForLostClient(client: Client): Promise<void> {
  const settings = setAll({
    client_connection_check_interval: '2s',
    tcp_keepalives_idle: '30',
    tcp_keepalives_interval: '10',
    tcp_keepalives_count: '3',
    tcp_user_timeout: '60s',
  });
  try {
    await client.query(`SELECT ${settings}`);
  } catch (error) {
    // 22023: the platform does not support it.
    if (sqlStateOf(error) !== '22023') throw error;
  }
}

/**
 * Settings for loading rows and building indexes. A commit that does not wait for the disk is lost, with all that came
 * after it, when the server breaks down, and made durable by any later commit that waits.
 *
 * Long values are compressed with lz4 where the server has it and nobody has chosen otherwise: Postgres's own method
 * takes a third to a half of the time of loading documents, and makes them no smaller.
 */
export async function speedUpLoading(client: Client): Promise<void> {
  await client.query(`SELECT ${setAll({ synchronous_commit: 'off', jit: 'off' })}`);
  await client.query(`SELECT pg_catalog.set_config(name, CASE name
      WHEN 'maintenance_work_mem' THEN '256MB' ELSE 'lz4' END, false) FROM pg_catalog.pg_settings
    WHERE name = 'maintenance_work_mem' AND setting::bigint < 262144
      OR name = 'default_toast_compression' AND source = 'default' AND 'lz4' = ANY (enumvals)`);
}

/** The settings at the head of every restore, and of a file for psql. Accepted by every supported version. */
export const fileSettings: readonly string[] = [
  `SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN (${timeouts.map(literal).join(', ')})`,
  `SET client_encoding = 'UTF8'`,
  'SET standard_conforming_strings = on',
  `SET TimeZone = 'UTC'`,
  `SET DateStyle = 'ISO, YMD'`,
  `SET IntervalStyle = 'postgres'`,
  `SET lc_monetary = 'C'`,
  `SET xmloption = content`,
  'SET check_function_bodies = false',
  'SET client_min_messages = warning',
  'SET row_security = off',
  `SELECT pg_catalog.set_config('search_path', '', false)`,
];

/** Names of connections have at most 63 bytes; the server would cut in the middle of a character. */
function fitName(name: string): string {
  const bytes = Buffer.from(name.replace(/[^\x20-\x7e]/g, '?'));
  return bytes.subarray(0, 63).toString();
}

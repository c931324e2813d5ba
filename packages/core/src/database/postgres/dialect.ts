import { takeRowsApart } from './copy-script.ts';
import { LockstepError } from '../../errors.ts';
import type { Counter, Dialect } from '../database.ts';
import { clockText, timeText } from './clock.ts';
import { postgresEffects } from './effects.ts';
import { afterKey, valueAs } from './keyed-sql.ts';
import { ownTables } from './own-tables.ts';
import { literal, quote, quoteTable } from './quote.ts';
import { putBack } from './put-back.ts';
import { postgresRows } from './row-form.ts';
import { sqlStateOf } from './failure.ts';
import { fileSettings } from './settings.ts';
import { split } from './split.ts';

/** The SQL of Postgres, and of PGlite. */
export const postgresDialect: Dialect = {
  family: 'postgres',
  transactionalDdl: true,
  migrationFolders: ['postgres'],
  homeSchema,
  quote,
  split,
  ownTables,
  rows: postgresRows,
  fileSettings,
  handSettings: (schemas) => [
    `SET client_encoding = 'UTF8'`,
    'SET standard_conforming_strings = on',
    `SET TimeZone = 'UTC'`,
    `SET search_path = ${schemas.map(quote).join(', ')}`,
  ],
  // Behind rows stands the line that ends them.
  forClient: (statement) =>
    takeRowsApart(statement) ? statement : `${statement}${endsInComment(statement) ? '\n' : ''};`,
  counter: ({ name, value, called }) =>
    `SELECT pg_catalog.setval(${literal(quoteTable(name))}::pg_catalog.regclass, ${literal(value)}::bigint, ${called})`,
  putBack,
  raiseCounter,
  unvalidated: ({ create }) => `${create} NOT VALID`,
  analyze: (table) => `ANALYZE ${quoteTable(table)}`,
  // lock_not_available, deadlock_detected
  isLockConflict: (error) => ['55P03', '40P01'].includes(sqlStateOf(error) ?? ''),
  // CREATE INDEX CONCURRENTLY and the like wait for old transactions, and a limit would make them leave half an index.
  waitsAside: (statement) => /\bconcurrently\b/i.test(statement),
  valueAs,
  afterKey,
  // A foreign key to the row may still be checked.
  changeLock: 'FOR NO KEY UPDATE',
  literal,
  currentUser: 'current_user',
  currentDatabase: 'current_database()',
  randomUuid: 'pg_catalog.gen_random_uuid()::text',
  clock: clockText,
  clockPlus: (seconds) => timeText(`pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => ${seconds})`),
  withoutWaiting: `NULLIF(pg_catalog.set_config('synchronous_commit', 'off', true), 'off')`,
  shareLock: 'FOR SHARE',
  effects: postgresEffects,
  // Loaded when they are needed: the grammar is large.
  analyse: async (statement, known, script) => (await import('./rules/analyse.ts')).analyse(statement, known, script),
  rules: async () => (await import('./rules/rules.ts')).postgresRules,
  survey: async (session, schemas) => (await import('./rules/survey.ts')).survey(session, schemas),
};

function endsInComment(statement: string): boolean {
  return statement.slice(statement.lastIndexOf('\n') + 1).includes('--');
}

/** A sequence may count down. */
function raiseCounter(counter: Counter): string {
  const sequence = quoteTable(counter.name);
  return `SELECT pg_catalog.setval(p.seqrelid::pg_catalog.regclass, ${literal(counter.value)}::bigint, ${counter.called})
    FROM ${sequence} s JOIN pg_catalog.pg_sequence p ON p.seqrelid = ${literal(sequence)}::pg_catalog.regclass
    WHERE (${literal(counter.value)}::numeric - s.last_value) * p.seqincrement > 0
      OR s.last_value = ${literal(counter.value)}::bigint AND ${counter.called} AND NOT s.is_called`;
}

function homeSchema(schemas: readonly string[]): string {
  const [home] = schemas;
  if (home === undefined) throw new LockstepError('INTERNAL', { reason: 'a product on Postgres needs a schema' });
  return home;
}

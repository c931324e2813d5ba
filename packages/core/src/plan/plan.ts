import type { Database, ScriptStatement } from '../database/database.ts';
import { isTableMigration } from '../data-migration/definition.ts';
import { findDrift } from '../migrate/drift.ts';
import { numberStatements } from '../migrate/numbered-statement.ts';
import { textToRun } from '../migrate/text-to-run.ts';
import { loadDataMigration } from '../release/load-data-migration.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import type { ShapeDifference } from '../shape/diff.ts';
import { leasesInWords, liveLeases } from '../state/lease.ts';
import { readSteps } from '../state/step.ts';
import { allowancesIn } from './allow.ts';
import type { Severity, TableEffect } from './analysis.ts';
import { estimateSeconds } from './estimate.ts';
import type { KnownTables } from './known-tables.ts';
import { withGeneral } from './lint.ts';
import { placesOf } from './place.ts';
import type { Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';
import { newScript } from './script.ts';
import type { LongTransaction } from './survey.ts';

export interface PlanOptions {
  /** The release to go to; the code's own one unless given. */
  readonly to?: string | undefined;
  /** What the configuration says of rules, by their names. */
  readonly severities?: Readonly<Record<string, Severity>> | undefined;
}

/** What would happen to a table. Rows and bytes are the server's estimates. */
export interface PlannedEffect extends TableEffect {
  /** One of the pending migrations makes it. */
  readonly isNew: boolean;
  readonly rows: number | null;
  readonly bytes: number | null;
  /** By nothing but the size: rough. Null if the size is not known. */
  readonly estimatedSeconds: number | null;
}

export interface PlannedStatement {
  readonly line: number;
  readonly text: string;
  /** Such as `ALTER TABLE`. */
  readonly what: string;
  /** How a crash inside of it is settled. */
  readonly effect: ScriptStatement['effect'];
  readonly transactional: boolean;
  /** It has run in a migration that is under way. */
  readonly done: boolean;
  readonly tables: readonly PlannedEffect[];
  /** What cannot be known beforehand, and why. */
  readonly unknown: string | null;
  readonly warnings: readonly {
    readonly rule: string;
    readonly subject: string;
    readonly problem: string;
    readonly instead: string;
  }[];
}

export interface PlannedMigration {
  readonly version: string;
  readonly description: string;
  readonly script: string;
  readonly language: 'sql' | 'typescript';
  /** Of a TypeScript migration: the tables that it works on, as far as it says so. */
  readonly tables: readonly { readonly table: string; readonly rows: number | null; readonly bytes: number | null }[];
  readonly statements: readonly PlannedStatement[];
}

export interface Plan {
  /** Null for an empty database. */
  readonly from: string | null;
  readonly to: string;
  readonly migrations: readonly PlannedMigration[];
  /** Who holds what migrations wait for. */
  readonly transactions: readonly LongTransaction[];
  /** Null if there is nothing to compare with yet. */
  readonly drifted: boolean | null;
  readonly differences: readonly ShapeDifference[];
  readonly notes: readonly string[];
}

/**
 * What `migrate` would do, statement by statement: locks, work, sizes, and what is better done in another way. Changes
 * nothing. Refuses what `migrate` refuses, except that it does not wait for another.
 *
 * @example
 * const { migrations } = await plan(database, await loadProduct(source));
 * const blocking = migrations.flatMap(({ statements }) => statements).filter(({ warnings }) => warnings.length > 0);
 */
export async function plan(database: Database, product: Product, options: PlanOptions = {}): Promise<Plan> {
  return prepare(database, product, options.to, async (prepared) => {
    const { home, state, applied, release, to, pending, code } = prepared;
    const survey = await home.dialect.survey(home.session, product.schemas);
    const migrations: PlannedMigration[] = [];
    for (const migration of pending) {
      migrations.push(await planMigration(prepared, migration, survey.tables, options.severities ?? {}));
    }
    const settled = state?.phase === 'ready' && applied.length > 0;
    const drift = settled
      ? await findDrift(database, code, await home.session.describe(product.schemas), applied)
      : undefined;
    const leases = state ? await liveLeases(home) : [];
    return {
      from: applied.length === 0 ? null : release.name,
      to,
      migrations,
      transactions: survey.transactions,
      drifted: drift?.drifted ?? null,
      differences: drift?.differences ?? [],
      notes: [
        ...survey.notes,
        ...(state?.phase === 'migrating'
          ? ['A migration is under way, or was cut off: `migrate` goes on with it.']
          : []),
        ...(leases.length > 0 ? [`Servers are at work, and have to be stopped first: ${leasesInWords(leases)}.`] : []),
      ],
    };
  });
}

async function planMigration(
  prepared: Prepared,
  migration: Migration,
  known: KnownTables,
  severities: Readonly<Record<string, Severity>>,
): Promise<PlannedMigration> {
  const { key: version, description, script, language } = migration;
  const base = { version, description, script, language };
  if (language === 'typescript') {
    return { ...base, tables: await tablesOf(migration, known), statements: [] };
  }
  const { dialect } = prepared.home;
  const statements = await numberStatements(prepared.home, migration);
  const steps = (await readSteps(prepared.home)).filter((step) => step.migration === migration.key);
  const done = new Set(steps.filter(({ status }) => status === 'done').map(({ statement }) => statement));
  const places = placesOf(await textToRun(prepared.home, migration), statements);
  const facts = newScript(statements);
  const planned: PlannedStatement[] = [];
  for (const [index, statement] of statements.entries()) {
    const before = known.copy();
    const { what, effects, unknown, findings } = await dialect.analyse(statement.text, known, facts);
    const allowed = new Set(allowancesIn(places[index]?.region ?? '').flatMap(({ rules }) => rules));
    const warnings = withGeneral(statement, findings)
      .filter(({ rule }) => rule.topic !== 'style' && !allowed.has(rule.name))
      .filter(({ rule }) => (severities[rule.name] ?? rule.severity) !== 'off')
      .map(({ rule, subject }) => ({ rule: rule.name, subject, problem: rule.problem, instead: rule.instead }));
    const { line, text, effect, transactional } = statement;
    const tables = effects.map((one) => withSize(one, before));
    planned.push({
      line,
      text,
      what,
      effect,
      transactional,
      done: done.has(index + 1),
      tables,
      unknown: unknown ?? null,
      warnings,
    });
  }
  return { ...base, tables: [], statements: planned };
}

function withSize(effect: TableEffect, known: KnownTables): PlannedEffect {
  const table = known.get(effect.table);
  const [rows, bytes] = [table?.rows ?? null, table?.bytes ?? null];
  const estimatedSeconds = estimateSeconds(effect.work, bytes);
  return { ...effect, isNew: table?.isNew ?? false, rows, bytes, estimatedSeconds };
}

/** The table that a data migration goes through, or those that its comments declare. */
async function tablesOf(migration: Migration, known: KnownTables): Promise<PlannedMigration['tables']> {
  const loaded = await loadDataMigration(migration);
  const named = isTableMigration(loaded) ? [loaded.table] : migration.changes.map(({ table }) => table);
  return [...new Set(named)].map((name) => {
    const [table = '', schema = ''] = name.split('.').toReversed();
    const found = known.get(known.labelOf(table, schema));
    return { table: found?.label ?? name, rows: found?.rows ?? null, bytes: found?.bytes ?? null };
  });
}

import { parse } from 'libpg-query';
import type { Node } from 'libpg-query';
import { LockstepError } from '../../../errors.ts';
import type { Finding, ScriptFacts, StatementAnalysis } from '../../../plan/analysis.ts';
import type { KnownTables } from '../../../plan/known-tables.ts';
import { takeRowsApart } from '../copy-script.ts';
import { constraintNames } from './blocking.ts';
import type { Place } from './find.ts';
import { effectsOf } from './locks.ts';
import { remember } from './remember.ts';
import { postgresRules } from './rules.ts';
import { touchesOf, unknownOf } from './statement-locks.ts';

/** Says what a statement does, and brings what is known of the tables and of the script up to date. */
export async function analyse(text: string, known: KnownTables, script: ScriptFacts): Promise<StatementAnalysis> {
  const [first, ...rest] = (await parse(takeRowsApart(text)?.statement ?? text)).stmts ?? [];
  const statement = first?.stmt;
  if (statement === undefined || rest.length > 0) {
    throw new LockstepError('INTERNAL', { reason: `not one statement: ${text.slice(0, 200)}` });
  }
  const effects = effectsOf(touchesOf(statement, known));
  const place: Place = { statement, text, known, effects, script };
  const findings = postgresRules.flatMap((rule): Finding[] =>
    rule
      .find(place)
      .filter(({ table }) => rule.topic === 'style' || table === undefined || known.get(table)?.isNew !== true)
      .map(({ subject }) => ({ rule, subject })),
  );
  const unknown = unknownOf(statement, known);
  for (const name of constraintNames(place)) script.added.add(name);
  if ('VariableSetStmt' in statement) script.settings.set(statement.VariableSetStmt.name ?? '', 'set');
  remember(statement, known);
  return { what: whatOf(statement), effects, unknown, findings };
}

/** `AlterTableStmt` in words. */
function whatOf(statement: Node): string {
  const [name = ''] = Object.keys(statement);
  const words: Readonly<Record<string, string>> = {
    IndexStmt: 'CREATE INDEX',
    ViewStmt: 'CREATE VIEW',
    RuleStmt: 'CREATE RULE',
    CreateStmt: 'CREATE TABLE',
    CreateTrigStmt: 'CREATE TRIGGER',
    VariableSetStmt: 'SET',
  };
  const known = words[name];
  if (known !== undefined) return known;
  if ('DropStmt' in statement)
    return `DROP ${(statement.DropStmt.removeType ?? '').replace('OBJECT_', '').replace('MATVIEW', 'MATERIALIZED VIEW')}`;
  return name
    .replace(/Stmt$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

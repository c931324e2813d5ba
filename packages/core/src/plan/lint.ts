import { readFile } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Dialect, Family, ScriptStatement } from '../database/database.ts';
import { dialectOf } from '../database/dialects.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { readCode } from '../release/releases.ts';
import type { Finding, Rule, Severity } from './analysis.ts';
import { allRules } from './all-rules.ts';
import { allowancesIn } from './allow.ts';
import { generalRules } from './general-rules.ts';
import { KnownTables } from './known-tables.ts';
import { placesOf } from './place.ts';
import { newScript } from './script.ts';

export interface LintOptions {
  /** Files or folders; everything that is not sealed if there are none. */
  readonly files?: readonly string[] | undefined;
  /** Sealed migrations too. */
  readonly all?: boolean | undefined;
  /** What the configuration says of rules, by their names. */
  readonly severities?: Readonly<Record<string, Severity>> | undefined;
}

export interface LintProblem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly family: Family;
  readonly rule: string;
  readonly severity: Exclude<Severity, 'off'>;
  /** The table, column or index that it is about. */
  readonly subject: string;
  readonly problem: string;
  readonly instead: string;
}

export interface LintResult {
  readonly families: readonly Family[];
  /** SQL files that were looked at. */
  readonly files: number;
  readonly errors: number;
  readonly warnings: number;
  readonly problems: readonly LintProblem[];
}

/** A file to look at, or one that is read only for what it says about tables. */
interface Script {
  readonly file: string;
  /** As it is given out. */
  readonly text: string;
  readonly isLinted: boolean;
  /** Tables of other releases hold rows by the time it runs. */
  readonly release: string;
}

/**
 * Holds migrations to the rules, without a database. What earlier migrations make is known from their files.
 * Throws USAGE for a file that is not there, and what reading the product's files throws.
 *
 * @example
 * const { problems } = await lint(await loadProduct(source), ['postgres'], {});
 * for (const { file, line, problem } of problems) console.log(`${file}:${line}: ${problem}`);
 */
export async function lint(
  product: Product,
  families: readonly Family[],
  options: LintOptions = {},
): Promise<LintResult> {
  const problems: LintProblem[] = [];
  const files = new Set<string>();
  const configured = options.severities ?? {};
  await refuseUnknownRules(Object.keys(configured));
  const severityOf = (rule: Rule): Severity => configured[rule.name] ?? rule.severity;
  for (const family of families) {
    const dialect = dialectOf(family);
    const scripts = await scriptsOf(product, dialect, options);
    for (const script of scripts) if (script.isLinted) files.add(script.file);
    problems.push(...(await lintScripts(dialect, product, scripts, severityOf)));
  }
  const unique = [...new Map(problems.map((one) => [keyOf(one), one])).values()];
  return {
    families,
    files: files.size,
    errors: unique.filter(({ severity }) => severity === 'error').length,
    warnings: unique.filter(({ severity }) => severity === 'warning').length,
    problems: unique,
  };
}

async function refuseUnknownRules(names: readonly string[]): Promise<void> {
  const known = new Set((await allRules()).map(({ name }) => name));
  const wrong = names.find((name) => !known.has(name));
  if (wrong === undefined) return;
  throw new LockstepError('USAGE', {
    reason: `"lint" of the configuration names a rule ${wrong}, which does not exist`,
  });
}

/** A file in `common/` is looked at once for each family. */
function keyOf({ file, line, column, rule, subject }: LintProblem): string {
  return JSON.stringify([file, line, column, rule, subject]);
}

async function scriptsOf(product: Product, dialect: Dialect, options: LintOptions): Promise<Script[]> {
  const code = await readCode(product, { dialect });
  const named = (options.files ?? []).map((file) => resolve(file));
  const isNamed = ({ file }: Migration): boolean =>
    named.some((path) => resolve(file) === path || resolve(file).startsWith(path + sep));
  const migrations = code.migrations.filter(({ language }) => language === 'sql');
  const own = migrations.map((migration): Script => {
    const { release, isSealed } = releaseOf(code, migration);
    const isLinted = named.length > 0 ? isNamed(migration) : options.all === true || !isSealed;
    return { file: migration.file, text: migration.text, isLinted, release };
  });
  const strangers = named.filter((path) => !code.migrations.some((migration) => isWithin(migration.file, path)));
  return [...own, ...(await Promise.all(strangers.map(readStranger)))];
}

function isWithin(file: string, path: string): boolean {
  return resolve(file) === path || resolve(file).startsWith(path + sep);
}

function releaseOf(code: Code, migration: Migration): { readonly release: string; readonly isSealed: boolean } {
  const release = code.releases.find(({ migrations }) => migrations.some(({ key }) => key === migration.key));
  const isSealed = release?.sealed?.migrations.some(
    ({ key, checksums }) => key === migration.key && checksums[code.family] !== undefined,
  );
  return { release: release?.version ?? code.product.version, isSealed: isSealed ?? false };
}

/** A script that is no migration of the product. */
async function readStranger(file: string): Promise<Script> {
  try {
    return { file, text: await readFile(file, 'utf8'), isLinted: true, release: file };
  } catch (error) {
    throw new LockstepError('USAGE', { reason: `${file} cannot be read: ${reasonOf(error)}` }, { cause: error });
  }
}

/** With what can be said of a statement on every engine. */
export function withGeneral(statement: ScriptStatement, findings: readonly Finding[]): readonly Finding[] {
  if (statement.effect !== 'unprovable') return findings;
  return [...findings, { rule: generalRules.unprovable, subject: '' }];
}

async function lintScripts(
  dialect: Dialect,
  product: Product,
  scripts: readonly Script[],
  severityOf: (rule: Rule) => Severity,
): Promise<LintProblem[]> {
  const known = new KnownTables(dialect.homeSchema(product.schemas) === '' ? [''] : product.schemas);
  const problems: LintProblem[] = [];
  let release = '';
  for (const script of scripts) {
    if (script.release !== release) known.becomeOld();
    ({ release } = script);
    const found = await lintScript(dialect, script, known, severityOf);
    if (script.isLinted) problems.push(...found);
  }
  return problems;
}

async function lintScript(
  dialect: Dialect,
  script: Script,
  known: KnownTables,
  severityOf: (rule: Rule) => Severity,
): Promise<LintProblem[]> {
  const { file, text } = script;
  const problem = (
    place: { readonly line: number; readonly column: number },
    rule: Rule,
    subject: string,
  ): LintProblem[] => {
    const severity = severityOf(rule);
    if (severity === 'off') return [];
    const { name, problem: what, instead } = rule;
    const { line, column } = place;
    return [{ file, line, column, family: dialect.family, rule: name, severity, subject, problem: what, instead }];
  };
  let statements: ScriptStatement[];
  try {
    statements = await dialect.split(text, file);
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'MIGRATION_UNREADABLE') throw error;
    const { line = '1', column = '1', reason = '' } = error.details;
    return problem({ line: Number(line), column: Number(column) }, generalRules.unreadable, reason);
  }
  const places = placesOf(text, statements);
  const facts = newScript(statements);
  const problems: LintProblem[] = [];
  const allowable = [generalRules.unprovable, ...(await dialect.rules())];
  const names = new Set(allowable.map(({ name }) => name));
  for (const [index, statement] of statements.entries()) {
    const place = places[index] ?? { line: statement.line, column: 1, region: '' };
    const analysis = await dialect.analyse(statement.text, known, facts);
    const findings = withGeneral(statement, analysis.findings);
    const allowances = allowancesIn(place.region);
    const allowed = new Set(allowances.flatMap(({ rules }) => rules));
    for (const { rule, subject } of findings) {
      if (!allowed.has(rule.name)) problems.push(...problem(place, rule, subject));
    }
    for (const { rules, reason } of allowances) {
      if (reason === '') problems.push(...problem(place, generalRules.unexplainedAllow, rules.join(', ')));
      for (const name of rules) {
        const isUsed = findings.some(({ rule }) => rule.name === name);
        if (!names.has(name)) problems.push(...problem(place, generalRules.unknownRule, name));
        else if (!isUsed) problems.push(...problem(place, generalRules.unusedAllow, name));
      }
    }
  }
  return problems;
}

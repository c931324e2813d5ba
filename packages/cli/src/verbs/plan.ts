import { planByHand, plan as runPlan, readableDiff } from '@lockstep/core';
import type { Plan, PlannedEffect, PlannedMigration, PlannedStatement } from '@lockstep/core';
import { bytes, duration, grouped } from '../numbers.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const plan: Verb = {
  define: (command) =>
    command
      .description('show what a migration would do: locks, work, sizes, and what is better done in another way')
      .option('--to <release>', 'the release to go to')
      .option('--sql', 'print a script that does the same by hand, history included'),
  run: async (context, _args, flags) => {
    const to = textFlag(flags, 'to');
    const database = await context.open();
    if (flags['sql'] === true) {
      const script = await planByHand(database, context.product, to);
      return { json: { sql: script }, lines: [], text: script };
    }
    const found = await runPlan(database, context.product, { to, severities: context.rules });
    return { json: found, lines: linesOf(found) };
  },
};

function linesOf(found: Plan): string[] {
  const { from, to, migrations } = found;
  const head =
    migrations.length === 0
      ? `The database is at release ${to} already: nothing is pending.`
      : `From ${from ?? 'empty'} to release ${to}: ${count(migrations.length, 'migration')}.`;
  return [
    head,
    ...found.notes.map((note) => `  ${note}`),
    ...found.transactions.map(
      ({ who, seconds, tables }) =>
        `  In the way: ${who} has had a transaction open for ${duration(seconds * 1000)}${tables.length > 0 ? `, with locks on ${tables.join(', ')}` : ''}.`,
    ),
    ...(found.drifted === true
      ? ['  The database differs from its release:', ...readableDiff(found.differences).map((line) => `    ${line}`)]
      : []),
    ...migrations.flatMap((migration) => ['', ...migrationLines(migration)]),
    ...(migrations.length === 0 ? [] : ['', ...summary(migrations)]),
  ];
}

function migrationLines({ script, language, tables, statements }: PlannedMigration): string[] {
  if (language === 'typescript') {
    const named = tables.map(({ table, rows, bytes: size }) => `${table}${sizeOf(rows, size)}`);
    return [`${script}: in batches, on ${named.length === 0 ? 'tables that it does not name' : named.join(', ')}`];
  }
  const transactional = statements.filter((statement) => statement.transactional).length;
  const how =
    transactional === statements.length && transactional > 1 ? ', in one transaction: locks are held to its end' : '';
  return [`${script}: ${count(statements.length, 'statement')}${how}`, ...statements.flatMap(statementLines)];
}

function statementLines(statement: PlannedStatement): string[] {
  const { line, effect, done, tables, unknown, warnings, text } = statement;
  const first = text.split('\n').find((one) => !/^\s*(--|#|\/\*|\*|$)/.test(one)) ?? text;
  const marks = [
    done ? 'done already' : '',
    effect === 'unprovable' ? 'UNPROVABLE' : effect === 'repeatable' ? 'repeatable' : '',
  ];
  const marked = marks.filter((mark) => mark !== '');
  return [
    `  line ${line}: ${shortened(first.trim())}${marked.length > 0 ? `  (${marked.join(', ')})` : ''}`,
    ...tables.map((table) => `    ${effectLine(table)}`),
    ...(unknown === null ? [] : [`    not known: ${unknown}`]),
    ...warnings.flatMap(({ rule, subject, problem, instead }) => [
      `    ! ${rule}${subject === '' ? '' : ` (${subject})`}: ${problem}`,
      `      ${instead}`,
    ]),
  ];
}

function effectLine(effect: PlannedEffect): string {
  const { table, lock, algorithm, blocks, work, isNew, rows, bytes: size, estimatedSeconds } = effect;
  if (isNew) return `${table}: new, so nobody waits`;
  const how = algorithm === undefined ? lock : `ALGORITHM=${algorithm}, LOCK=${lock}`;
  const waits = {
    nothing: 'blocks nothing',
    'schema changes': 'blocks changes of its definition',
    writes: 'blocks writes',
    'reads and writes': 'blocks reads and writes',
  }[blocks];
  const works = {
    nothing: '',
    scans: ', reads all rows',
    'builds an index': ', builds an index',
    rewrites: ', writes the table anew',
  }[work];
  const time =
    work === 'nothing' || estimatedSeconds === null ? '' : `; roughly ${roughly(estimatedSeconds)}, by its size alone`;
  return `${table}${sizeOf(rows, size)}: ${how}, ${waits}${works}${time}`;
}

function sizeOf(rows: number | null, size: number | null): string {
  if (size === null) return '';
  return ` (about ${rows === null ? 'an unknown number of' : grouped(rows)} rows, ${bytes(size)})`;
}

function roughly(seconds: number): string {
  if (seconds < 1) return 'less than a second';
  return duration(Math.round(seconds) * 1000);
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function summary(migrations: readonly PlannedMigration[]): string[] {
  const statements = migrations.flatMap((migration) => migration.statements);
  const unprovable = statements.filter(({ effect }) => effect === 'unprovable').length;
  const warnings = statements.reduce((sum, statement) => sum + statement.warnings.length, 0);
  return [
    `${count(warnings, 'warning')}. Rows and sizes are the server's estimates.`,
    ...(unprovable > 0
      ? [`${count(unprovable, 'statement')} unprovable: a crash inside asks for \`lockstep resolve\`.`]
      : []),
  ];
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

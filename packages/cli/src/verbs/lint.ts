import { relative } from 'node:path';
import { LockstepError, familiesOf, lint as runLint } from '@lockstep/core';
import type { Family, LintProblem, LintResult } from '@lockstep/core';
import type { Flags, Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const lint: Verb = {
  define: (command) =>
    command
      .description('hold migrations to the rules, without a database')
      .argument('[files...]', 'files or folders; everything that is not sealed if there are none')
      .option('--all', 'sealed migrations too')
      .option('--engine <engine>', 'postgres, mysql or mariadb; by the folders, or the database URL, if left out'),
  run: async (context, files, flags) => {
    const families = await familiesAsked(context.url, flags, (usual) => familiesOf(context.product, usual));
    const result = await runLint(context.product, families, {
      files,
      all: flags['all'] === true,
      severities: context.rules,
    });
    return { json: result, lines: linesOf(result), ...(result.errors > 0 ? { exit: 4 } : {}) };
  },
};

const known: readonly Family[] = ['postgres', 'mysql', 'mariadb'];

async function familiesAsked(
  url: string,
  flags: Flags,
  byFolders: (usual: Family) => Promise<readonly Family[]>,
): Promise<readonly Family[]> {
  const named = textFlag(flags, 'engine');
  if (named === undefined) return byFolders(known.find((family) => url.startsWith(`${family}:`)) ?? 'postgres');
  const family = known.find((one) => one === named);
  if (family) return [family];
  throw new LockstepError('USAGE', { reason: `--engine must be ${known.join(', ')}, not "${named}"` });
}

function linesOf({ problems, errors, warnings, files }: LintResult): string[] {
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  return [
    ...problems.flatMap((problem) => [...problemLines(problem), '']),
    `${count(errors, 'error')}, ${count(warnings, 'warning')} in ${count(files, 'file')}.`,
  ];
}

/** In the form that editors and CI systems know: `file:line:column: severity: ...`. */
function problemLines({ file, line, column, severity, rule, subject, problem, instead }: LintProblem): string[] {
  const place = `${relative(process.cwd(), file) || file}:${line}:${column}`;
  return [`${place}: ${severity}: ${rule}${subject === '' ? '' : ` (${subject})`}`, `  ${problem}`, `  ${instead}`];
}

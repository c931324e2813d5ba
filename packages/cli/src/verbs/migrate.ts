import { dryRun, LockstepError, migrate as runMigrate } from '@lockstep/core';
import type { DryRunResult, TriedMigration } from '@lockstep/core';
import { lockOptions } from '../lock-limits.ts';
import { duration, grouped, wholeNumber } from '../numbers.ts';
import type { Outcome, Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const migrate: Verb = {
  define: (command) =>
    lockOptions(
      command
        .description('run the pending migrations, under the lock')
        .option('--to <release>', 'stop at this release')
        .option('--dry-run', 'run them in a transaction and roll it back, data migrations on a sample')
        .option('--sample <rows>', 'with --dry-run: how many rows a data migration is tried on')
        .option('--wait <seconds>', 'how long to wait for another that migrates'),
    ),
  run: async (context, _args, flags) => {
    const options = {
      ...context.run,
      to: textFlag(flags, 'to'),
      waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait'),
    };
    const sample = wholeNumber(textFlag(flags, 'sample'), '--sample', 1);
    const tries = flags['dryRun'] === true;
    if (sample !== undefined && !tries) throw new LockstepError('USAGE', { reason: '--sample is for --dry-run' });
    if (tries) return dryRunOutcome(await dryRun(await context.open(), context.product, { ...options, sample }));
    const result = await runMigrate(await context.open(), context.product, options);
    const { from, to, applied } = result;
    const lines = applied.map((one) => `${one.version}  ${one.description}  ${duration(one.milliseconds)}`);
    const last =
      applied.length === 0
        ? `The database is at release ${to} already.`
        : `The database went from ${from ?? 'empty'} to release ${to}.`;
    return { json: result, lines: [...lines, last] };
  },
};

function dryRunOutcome(result: DryRunResult): Outcome {
  const { from, to, tried, untried } = result;
  const lines = [
    ...tried.map((one) => `${one.version}  ${one.description}  ${triedWords(one)}  ${duration(one.milliseconds)}`),
    ...untried.map((one) => `${one.version}  ${one.description}  not tried: ${one.reason}`),
  ];
  if (lines.length === 0) return { json: result, lines: [`The database is at release ${to} already.`] };
  const last = `Nothing was kept: the database is ${from === null ? 'empty' : `at release ${from}`} as before.`;
  return { json: result, lines: [...lines, last] };
}

function triedWords({ statements, data, milliseconds }: TriedMigration): string {
  if (!data) return `${statements ?? 0} statements`;
  const { batches, rowsRead, rowsChanged, rowsExpected, complete } = data;
  const read = rowsRead === null ? '' : `${grouped(rowsRead)} rows read, `;
  const each = batches === 0 ? '' : ` in ${batches} batches of ${duration(milliseconds / batches)}`;
  const whole = rowsExpected === null ? '' : ` of about ${grouped(rowsExpected)} rows`;
  return `${read}${grouped(rowsChanged)} changed${each}, ${complete ? 'to the end, and checked' : `a sample${whole}, not checked`}`;
}

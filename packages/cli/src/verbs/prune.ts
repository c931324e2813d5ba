import { neededBackup, openStorage, prune as runPrune } from '@lockstep/core';
import type { KeepRules, PruneResult } from '@lockstep/core';
import type { Context } from '../context.ts';
import { bytes, wholeNumber } from '../numbers.ts';
import { table } from '../table.ts';
import { moment } from '../time.ts';
import type { Flags, Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const prune: Verb = {
  define: (command) =>
    command
      .description('remove the backups that no rule keeps')
      .argument('[file...]', 'damaged backups to remove')
      .option('--to <place>', 'where they are')
      .option('--keep-last <count>', 'keep the newest ones')
      .option('--keep-daily <count>', 'keep the newest of each of so many days')
      .option('--keep-weekly <count>', 'keep the newest of each of so many weeks, from Monday on')
      .option('--keep-monthly <count>', 'keep the newest of each of so many months')
      .option('--time-zone <name>', 'whose days, such as Europe/Vienna; UTC unless told otherwise')
      .option('--dry-run', 'only tell what would be removed'),
  run: async (context, names, flags) => {
    const dryRun = flags['dryRun'] === true;
    const storage = openStorage(textFlag(flags, 'to') ?? context.backups);
    // Whoever names damaged files means these, and not the rules of the configuration.
    const keep = rulesOf(flags) ?? (names.length === 0 ? context.keep : undefined);
    const { product, run } = context;
    const needed = context.hasDatabase ? await neededBackup(await context.open(), product) : undefined;
    const result = await runPrune(storage, { ...run, product: product.name, keep, needed, damaged: names, dryRun });
    return { json: { dryRun, ...result }, lines: lines(result, dryRun, context) };
  },
};

/** The rules that the flags give, in place of those of the configuration. */
function rulesOf(flags: Flags): KeepRules | undefined {
  const count = (name: string, option: string): number | undefined => wholeNumber(textFlag(flags, name), option);
  const rules = {
    last: count('keepLast', '--keep-last'),
    daily: count('keepDaily', '--keep-daily'),
    weekly: count('keepWeekly', '--keep-weekly'),
    monthly: count('keepMonthly', '--keep-monthly'),
    timeZone: textFlag(flags, 'timeZone'),
  };
  return Object.values(rules).every((rule) => rule === undefined) ? undefined : rules;
}

function lines({ kept, removed, damaged, orphans }: PruneResult, dryRun: boolean, context: Context): string[] {
  const rows = [
    ...kept.map((one) => [
      'keep',
      moment(one.takenAt),
      one.proven ? 'proven' : '',
      bytes(one.bytes),
      one.why.join(', '),
      one.file,
    ]),
    ...removed.map((one) => [
      dryRun ? 'would go' : 'removed',
      moment(one.takenAt),
      one.proven ? 'proven' : '',
      bytes(one.bytes),
      '',
      one.file,
    ]),
  ];
  const freed = bytes(removed.reduce((sum, one) => sum + one.bytes, 0));
  return [
    ...(rows.length === 0 ? [] : [...table(['', 'taken at (UTC)', '', 'size', 'why', 'file'], rows), '']),
    ...damaged.map(({ file, damage }) => `Of no use, and left where it is: ${file}: ${damage ?? ''}`),
    ...orphans.map((name) => `${dryRun ? 'Would go' : 'Removed'} too, without a backup: ${name}`),
    `${context.product.name}: ${kept.length} kept, ${removed.length} ${dryRun ? 'would be ' : ''}removed (${freed}).`,
  ];
}

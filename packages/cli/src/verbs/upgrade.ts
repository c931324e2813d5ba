import { openStorage, upgrade as runUpgrade } from '@lockstep/core';
import type { UpgradeResult } from '@lockstep/core';
import { duration, wholeNumber } from '../numbers.ts';
import { keyOptions } from '../keys.ts';
import { lockOptions } from '../lock-limits.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const upgrade: Verb = {
  define: (command) =>
    lockOptions(
      keyOptions(
        command
          .description('check, back up, verify, migrate, and prove that nothing was lost')
          .option('--to <release>', 'the release to go to')
          .option('--backup-to <place>', 'where the backup goes: a folder or s3://BUCKET/PREFIX')
          .option('--wait <seconds>', 'how long to wait for another that migrates'),
      ),
    ),
  run: async (context, _args, flags) => {
    const storage = openStorage(textFlag(flags, 'backupTo') ?? context.backups);
    const result = await runUpgrade(await context.open(), context.product, storage, {
      ...context.run,
      keys: await context.keys(),
      to: textFlag(flags, 'to'),
      waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait'),
    });
    return { json: result, lines: lines(result) };
  },
};

function lines(result: UpgradeResult): string[] {
  const { from, to, applied, backup, comparison, steps } = result;
  if (applied.length === 0 && !comparison) return [`The database is at release ${to} already.`];
  return [
    ...(backup ? [`Backup: ${backup.file}`] : []),
    ...applied.map((one) => `  ${one.version}  ${one.description}  ${duration(one.milliseconds)}`),
    ...(comparison
      ? [
          `Compared: ${comparison.equal.length} tables are equal in all that no migration declares to change.`,
          ...comparison.declared.map((name) => `  declared to change: ${name}`),
        ]
      : []),
    `The database went from ${from ?? 'empty'} to release ${to} (${steps.map(({ name, milliseconds }) => `${name} ${duration(milliseconds)}`).join(', ')}).`,
  ];
}

import { abortRestore, decrypted, LockstepError, openArchive, restore as runRestore } from '@lockstep/core';
import type { Context } from '../context.ts';
import { identityOptions } from '../keys.ts';
import { openNamedBackup } from '../named-backup.ts';
import { wholeNumber } from '../numbers.ts';
import type { Flags, Outcome, Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const restore: Verb = {
  define: (command) =>
    identityOptions(
      command
        .description('restore a backup into a clean database, read it back and compare')
        .argument('[file]', 'the backup; - for stdin')
        .option('--upgrade', 'migrate it on to the release of the code afterwards')
        .option('--shape <source>', '"embedded" makes the shape by the DDL in the file instead of the migrations')
        .option('--jobs <number>', 'how many sessions work side by side; by default one a processor, from 2 to 4')
        .option('--abort', 'undo an interrupted restore')
        .option('--wait <seconds>', 'how long to wait for another that works on the database'),
    ),
  run: async (context, [file], flags) => {
    if (flags['abort'] === true) return abort(context, flags);
    if (file === undefined) throw new LockstepError('USAGE', { reason: 'name the backup to restore, or --abort' });
    const shape = textFlag(flags, 'shape');
    if (shape !== undefined && shape !== 'embedded') {
      throw new LockstepError('USAGE', { reason: `--shape takes "embedded", not "${shape}"` });
    }
    const identities = await context.identities();
    const source = await openNamedBackup(file, context.backups);
    try {
      const archive = await openArchive(await decrypted(source, identities));
      const result = await runRestore(await context.open(), context.product, archive, {
        ...context.run,
        upgrade: flags['upgrade'] === true,
        embedded: shape === 'embedded',
        waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait'),
        jobs: wholeNumber(textFlag(flags, 'jobs'), '--jobs', 1),
      });
      const rows = result.tables.reduce((sum, table) => sum + table.rows, 0);
      const on = result.upgradedTo === undefined ? '' : `, then upgraded to ${result.upgradedTo}`;
      const lines = [
        `Restored release ${result.release}${on}: ${rows} rows in ${result.tables.length} tables, all equal to the backup.`,
      ];
      return { json: { ...result, timings: context.timings.list() }, lines };
    } finally {
      await source.close();
    }
  },
};

async function abort(context: Context, flags: Flags): Promise<Outcome> {
  const options = { ...context.run, waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait') };
  const { left } = await abortRestore(await context.open(), context.product, options);
  const lines = [
    left === 'empty' ? 'Undone: the database is empty.' : 'Undone: the database is as its migrations made it.',
  ];
  return { json: { left }, lines };
}

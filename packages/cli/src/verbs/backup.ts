import { backup as runBackup, openStorage } from '@lockstep/core';
import type { BackupSummary } from '@lockstep/core';
import { encryptOptions } from '../keys.ts';
import { bytes, wholeNumber } from '../numbers.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const backup: Verb = {
  define: (command) =>
    encryptOptions(
      command
        .description('take a stamped backup in one consistent snapshot')
        .option('--to <place>', 'the folder where it goes')
        .option('--jobs <number>', 'connections that read at the same time (default: one per core, at most 4)'),
    ),
  run: async (context, _args, flags) => {
    const storage = openStorage(textFlag(flags, 'to') ?? context.backups);
    const jobs = wholeNumber(textFlag(flags, 'jobs'), '--jobs', 1);
    const options = { ...context.run, jobs, keys: await context.keys() };
    const summary = await runBackup(await context.open(), context.product, storage, options);
    return { json: { backup: summary, timings: context.timings.list() }, lines: summaryLines(summary) };
  },
};

/** A backup in a few lines. */
export function summaryLines(summary: BackupSummary): string[] {
  const { file, product, release, engine, rows, tables, contentRoot, takenAt } = summary;
  return [
    file,
    `${product} ${release} from ${engine}, ${takenAt}${summary.drifted ? ', drifted' : ''}`,
    `${rows} rows in ${tables.length} tables, ${bytes(summary.bytes)}`,
    `content ${contentRoot}`,
    ...summary.notes,
  ];
}

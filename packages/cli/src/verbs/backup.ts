import { backup as runBackup, openStorage } from '@lockstep/core';
import type { BackupSummary } from '@lockstep/core';
import { bytes } from '../numbers.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const backup: Verb = {
  define: (command) =>
    command
      .description('take a stamped backup in one consistent snapshot')
      .option('--to <place>', 'the folder where it goes'),
  run: async (context, _args, flags) => {
    const storage = openStorage(textFlag(flags, 'to') ?? context.backups);
    const summary = await runBackup(await context.open(), context.product, storage, context.run);
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
  ];
}

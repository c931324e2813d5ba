import { backup as runBackup, LockstepError, openStorage, streamStorage } from '@lockstep/core';
import type { BackupSummary, Storage } from '@lockstep/core';
import { encryptOptions } from '../keys.ts';
import { bytes, wholeNumber } from '../numbers.ts';
import type { Flags, Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const backup: Verb = {
  define: (command) =>
    encryptOptions(
      command
        .description('take a stamped backup in one consistent snapshot')
        .option('--to <place>', 'where it goes: a folder, s3://BUCKET/PREFIX, or - for stdout')
        .option('--jobs <number>', 'connections that read at the same time (default: one per core, at most 4)'),
    ),
  run: async (context, _args, flags) => {
    const place = textFlag(flags, 'to') ?? context.backups;
    const storage = place === '-' ? standardOutput(flags) : openStorage(place);
    const jobs = wholeNumber(textFlag(flags, 'jobs'), '--jobs', 1);
    const options = { ...context.run, jobs, keys: await context.keys() };
    const summary = await runBackup(await context.open(), context.product, storage, options);
    const json = { backup: summary, timings: context.timings.list() };
    return { json, lines: summaryLines(summary), onStderr: place === '-' };
  },
};

/** Stdout as a place. It has to lead somewhere, and to carry nothing else. */
function standardOutput(flags: Flags): Storage {
  if (flags['json'] === true) {
    throw new LockstepError('USAGE', { reason: '--to - and --json both want stdout; leave out --json' });
  }
  if (process.stdout.isTTY) {
    throw new LockstepError('USAGE', {
      reason: 'a backup is not written to a terminal; send stdout to a file or a pipe',
    });
  }
  return streamStorage(process.stdout, 'stdout');
}

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

import {
  abortRestore,
  countReads,
  decrypted,
  LockstepError,
  openArchive,
  readOnce,
  restore as runRestore,
  restoreTables,
} from '@lockstep/core';
import type { Archive, Dangling } from '@lockstep/core';
import type { Context } from '../context.ts';
import { collect, identityOptions } from '../keys.ts';
import { openNamedBackup } from '../named-backup.ts';
import { bytes, wholeNumber } from '../numbers.ts';
import type { Flags, Outcome, Verb } from '../verb.ts';
import { listFlag, textFlag } from '../verb.ts';

export const restore: Verb = {
  define: (command) =>
    identityOptions(
      command
        .description('restore a backup into a clean database, read it back and compare')
        .argument('[file]', 'the backup; - for stdin')
        .option('--upgrade', 'migrate it on to the release of the code afterwards')
        .option('--shape <source>', '"embedded" makes the shape by the DDL in the file instead of the migrations')
        .option('--table <name>', 'restore this table only ("*" for every one); may be repeated', collect, [])
        .option('--replace', 'with --table: put the rows of the backup in place of those in the database')
        .option('--jobs <number>', 'how many sessions work side by side; by default one a processor, from 2 to 4')
        .option('--abort', 'undo an interrupted restore')
        .option('--wait <seconds>', 'how long to wait for another that works on the database'),
    ),
  run: async (context, [file], flags) => {
    if (flags['abort'] === true) return abort(context, flags);
    if (file === undefined) throw new LockstepError('USAGE', { reason: 'name the backup to restore, or --abort' });
    checkFlags(flags);
    const identities = await context.identities();
    const source = countReads(await openNamedBackup(file, context.backups));
    const someTables = listFlag(flags, 'table').length > 0;
    const kept = someTables ? await readOnce(source) : source;
    try {
      const archive = await openArchive(await decrypted(kept, identities));
      if (!someTables) return await everything(context, archive, flags);
      const outcome = await tables(context, archive, flags);
      const { bytesRead, size } = source;
      return {
        json: { ...outcome.json, bytesRead, bytes: size, timings: context.timings.list() },
        lines: [...outcome.lines, `Read ${bytes(bytesRead)} of the file's ${bytes(size)}.`],
      };
    } finally {
      await kept.close();
    }
  },
};

function checkFlags(flags: Flags): void {
  const shape = textFlag(flags, 'shape');
  if (shape !== undefined && shape !== 'embedded') {
    throw new LockstepError('USAGE', { reason: `--shape takes "embedded", not "${shape}"` });
  }
  const someTables = listFlag(flags, 'table').length > 0;
  if (someTables && (shape !== undefined || flags['upgrade'] === true)) {
    throw new LockstepError('USAGE', { reason: '--table does not go together with --shape or --upgrade' });
  }
  if (!someTables && flags['replace'] === true) {
    throw new LockstepError('USAGE', { reason: '--replace belongs to --table' });
  }
}

async function everything(context: Context, archive: Archive, flags: Flags): Promise<Outcome> {
  const result = await runRestore(await context.open(), context.product, archive, {
    ...context.run,
    upgrade: flags['upgrade'] === true,
    embedded: textFlag(flags, 'shape') === 'embedded',
    waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait'),
    jobs: wholeNumber(textFlag(flags, 'jobs'), '--jobs', 1),
  });
  const rows = result.tables.reduce((sum, table) => sum + table.rows, 0);
  const on = result.upgradedTo === undefined ? '' : `, then upgraded to ${result.upgradedTo}`;
  const lines = [
    `Restored release ${result.release}${on}: ${rows} rows in ${result.tables.length} tables, all equal to the backup.`,
  ];
  return { json: { ...result, timings: context.timings.list() }, lines };
}

async function tables(context: Context, archive: Archive, flags: Flags): Promise<Outcome> {
  const result = await restoreTables(await context.open(), context.product, archive, {
    ...context.run,
    tables: listFlag(flags, 'table'),
    replace: flags['replace'] === true,
    waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait'),
  });
  const lines = [
    ...result.tables.map(({ name, rows }) => `Restored ${name}: ${rows} rows, equal to the backup.`),
    ...result.dangling.map(inWords),
  ];
  return { json: result, lines };
}

function inWords({ foreignKey, rows }: Dangling): string {
  return `The foreign key ${foreignKey} is left dangling: ${rows} rows point to rows that are not there.`;
}

async function abort(context: Context, flags: Flags): Promise<Outcome> {
  const options = { ...context.run, waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait') };
  const { left } = await abortRestore(await context.open(), context.product, options);
  const lines = [
    left === 'empty' ? 'Undone: the database is empty.' : 'Undone: the database is as its migrations made it.',
  ];
  return { json: { left }, lines };
}

import { openArchive, summaryOf } from '@lockstep/core';
import { openNamedBackup } from '../named-backup.ts';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';
import { summaryLines } from './backup.ts';

export const show: Verb = {
  define: (command) => command.description('describe a backup').argument('<file>', 'the backup'),
  run: async (context, [file = '']) => {
    const source = await openNamedBackup(file, context.backups);
    try {
      const archive = await openArchive(source);
      const summary = summaryOf(archive.name, archive.contents, archive.size);
      const { tables } = summary;
      const rows = tables.map(({ name, rows: count, digest }) => [name, String(count), digest]);
      const lines = [...summaryLines(summary), '', ...table(['table', 'rows', 'digest'], rows)];
      return { json: { backup: summary, manifest: archive.manifest }, lines };
    } finally {
      await source.close();
    }
  },
};

import { dialectOf, LockstepError, openArchive, summaryOf, verifyArchive } from '@lockstep/core';
import { openNamedBackup } from '../named-backup.ts';
import type { Verb } from '../verb.ts';
import { summaryLines } from './backup.ts';

export const verify: Verb = {
  define: (command) => command.description('check every byte of a backup').argument('<file>', 'the backup'),
  run: async (context, [file = '']) => {
    const source = await openNamedBackup(file, context.backups);
    try {
      const archive = await openArchive(source);
      await verifyArchive(archive, dialectOf(archive.manifest.engine.family), context.run);
      const summary = summaryOf(archive.name, archive.contents, archive.size);
      return { json: { backup: summary }, lines: [...summaryLines(summary), 'Every byte is as it was written.'] };
    } catch (error) {
      if (!(error instanceof LockstepError) || (error.code !== 'FILE_DAMAGED' && error.code !== 'FILE_FOREIGN'))
        throw error;
      const { code, message, details, next } = error;
      // A file that is found damaged is the answer here, not a refusal.
      return { json: { error: { code, message, details, next } }, lines: [`${code}: ${message}`], exit: 4 };
    } finally {
      await source.close();
    }
  },
};

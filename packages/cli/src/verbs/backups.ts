import { listBackups, openStorage } from '@lockstep/core';
import { bytes } from '../numbers.ts';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const backups: Verb = {
  define: (command) => command.description('list the backups').option('--to <place>', 'the folder where they are'),
  run: async (context, _args, flags) => {
    const place = textFlag(flags, 'to') ?? context.backups;
    const found = await listBackups(openStorage(place));
    const rows = found.map((one) => [one.takenAt, one.release, one.engine, bytes(one.bytes), one.damage ?? one.file]);
    const lines =
      found.length === 0 ? [`No backups in ${place}.`] : table(['taken at', 'release', 'from', 'size', 'file'], rows);
    return { json: { backups: found }, lines };
  },
};

import { digestDatabase } from '@lockstep/core';
import { wholeNumber } from '../numbers.ts';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const digest: Verb = {
  define: (command) =>
    command
      .description('print rows and digest of every table, to compare two databases')
      .option('--jobs <number>', 'connections that read at the same time (default: one per core, at most 4)'),
  run: async (context, _args, flags) => {
    const options = { ...context.run, jobs: wholeNumber(textFlag(flags, 'jobs'), '--jobs', 1) };
    const found = await digestDatabase(await context.open(), context.product, options);
    const rows = found.tables.map(({ name, rows: count, digest: sum }) => [name, String(count), sum]);
    return { json: found, lines: [...table(['table', 'rows', 'digest'], rows), '', `content ${found.contentRoot}`] };
  },
};

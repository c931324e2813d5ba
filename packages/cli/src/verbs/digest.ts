import { digestDatabase } from '@lockstep/core';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';

export const digest: Verb = {
  define: (command) => command.description('print rows and digest of every table, to compare two databases'),
  run: async (context) => {
    const found = await digestDatabase(await context.open(), context.product, context.run);
    const rows = found.tables.map(({ name, rows: count, digest: sum }) => [name, String(count), sum]);
    return { json: found, lines: [...table(['table', 'rows', 'digest'], rows), '', `content ${found.contentRoot}`] };
  },
};

import { ingest as runIngest } from '@lockstep/catalog';
import { LockstepError } from '@lockstep/core';
import { table } from '../table.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const ingest: Verb = {
  define: (command) =>
    command
      .description("read a database server's own catalogue into the catalog")
      .argument('<url>', 'the server to read: postgres://, mysql:// or mariadb://')
      .option('--service <name>', 'the name of the service in the catalog that stands for it')
      .option('--only-database', 'only the database of the URL')
      .option('--include-system', "also the server's own schemas, such as information_schema"),
  run: async (context, [url = ''], flags) => {
    const service = textFlag(flags, 'service');
    if (service === undefined) throw new LockstepError('USAGE', { reason: '--service NAME is missing' });
    const result = await runIngest(await context.open(), url, {
      ...context.run,
      service,
      onlyDatabase: flags['onlyDatabase'] === true,
      includeSystem: flags['includeSystem'] === true,
    });
    const { databases, schemas, tables, skipped } = result;
    const rows = Object.entries({ databases, schemas, tables }).map(([kind, tally]) => [
      kind,
      ...Object.values(tally).map(String),
    ]);
    const lines = [
      `${result.source} is in the catalog as ${service}.`,
      ...table(['', ...Object.keys(tables)], rows),
      ...skipped.map(({ database, reason }) => `Not read: ${database}: ${reason}`),
    ];
    return { json: result, lines };
  },
};

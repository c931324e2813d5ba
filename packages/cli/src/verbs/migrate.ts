import { migrate as runMigrate } from '@lockstep/core';
import { lockOptions } from '../lock-limits.ts';
import { duration, wholeNumber } from '../numbers.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const migrate: Verb = {
  define: (command) =>
    lockOptions(
      command
        .description('run the pending migrations, under the lock')
        .option('--to <release>', 'stop at this release')
        .option('--wait <seconds>', 'how long to wait for another that migrates'),
    ),
  run: async (context, _args, flags) => {
    const result = await runMigrate(await context.open(), context.product, {
      ...context.run,
      to: textFlag(flags, 'to'),
      waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait'),
    });
    const { from, to, applied } = result;
    const lines = applied.map((one) => `${one.version}  ${one.description}  ${duration(one.milliseconds)}`);
    const last =
      applied.length === 0
        ? `The database is at release ${to} already.`
        : `The database went from ${from ?? 'empty'} to release ${to}.`;
    return { json: result, lines: [...lines, last] };
  },
};

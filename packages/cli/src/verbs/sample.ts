import { sample as runSample } from '@lockstep/catalog';
import { LockstepError } from '@lockstep/core';
import { wholeNumber } from '../numbers.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const sample: Verb = {
  define: (command) =>
    command
      .description('fill an empty catalog with generated metadata, in the form of the release it is at')
      .option('--tables <count>', 'how many tables; everything else follows from it')
      .option('--seed <text>', 'the same seed gives the same metadata'),
  run: async (context, _args, flags) => {
    const tables = wholeNumber(textFlag(flags, 'tables'), '--tables', 1);
    if (tables === undefined) throw new LockstepError('USAGE', { reason: '--tables COUNT is missing' });
    const result = await runSample(await context.open(), { ...context.run, tables, seed: textFlag(flags, 'seed') });
    const { services, databases, schemas, users, release } = result;
    const lines = [
      `${tables} tables in ${schemas} schemas of ${databases} databases in ${services} services, ${users} users, for release ${release}.`,
    ];
    return { json: result, lines };
  },
};

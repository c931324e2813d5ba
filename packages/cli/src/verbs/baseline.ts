import { LockstepError, baseline as runBaseline } from '@lockstep/core';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const baseline: Verb = {
  define: (command) =>
    command
      .description('adopt a database that was made without Lockstep')
      .option('--at <release>', 'the release whose exact shape it has'),
  run: async (context, _args, flags) => {
    const at = textFlag(flags, 'at');
    if (at === undefined) throw new LockstepError('USAGE', { reason: '--at RELEASE is missing' });
    const result = await runBaseline(await context.open(), context.product, at, context.run);
    return { json: result, lines: [`Adopted at release ${at}: ${result.adopted.length} migrations count as applied.`] };
  },
};

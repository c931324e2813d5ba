import { resolve } from 'node:path';
import { LockstepError, importPrisma } from '@lockstep/core';
import { wholeNumber } from '../numbers.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const importVerb: Verb = {
  define: (command) =>
    command
      .description('turn the migrations of another tool, and its history in the database, into ours; runs nothing')
      .argument('<tool>', 'prisma')
      .argument('<folder>', 'its migrations, such as prisma/migrations')
      .option('--wait <seconds>', 'how long to wait for another that migrates'),
  run: async (context, [tool = '', folder = ''], flags) => {
    if (tool !== 'prisma') {
      throw new LockstepError('USAGE', {
        reason: `"${tool}" is not a tool that can be imported from; there is prisma`,
      });
    }
    if (!context.hasOwnProduct) {
      throw new LockstepError('USAGE', { reason: 'an import needs a product of its own in lockstep.config.json' });
    }
    const database = context.hasUrl ? await context.open() : undefined;
    const waitSeconds = wholeNumber(textFlag(flags, 'wait'), '--wait');
    const found = await importPrisma(resolve(folder), context.product, database, { ...context.run, waitSeconds });
    const { applied, files } = found;
    return {
      json: found,
      lines: [
        `${files.length} migrations are in ${found.folder}.`,
        applied === null
          ? `No database with a history of Prisma was looked at.`
          : `${applied.length} of them count as applied.`,
        'The last one takes the table of Prisma away. `lockstep migrate` runs what is pending.',
      ],
    };
  },
};

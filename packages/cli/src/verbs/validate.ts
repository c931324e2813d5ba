import { countDifferences, readableDiff, validate as runValidate } from '@lockstep/core';
import type { Verb } from '../verb.ts';

export const validate: Verb = {
  define: (command) => command.description('compare files with seal, history and live shape; print the drift'),
  run: async (context) => {
    const result = await runValidate(await context.open(), context.product);
    const { release, drifted, why, differences } = result;
    if (why !== null) {
      const line = `Release ${release ?? 'none'}: files and history agree. The shape is not compared: ${why}.`;
      return { json: result, lines: [line] };
    }
    if (!drifted) return { json: result, lines: [`Release ${release ?? 'none'}: files, history and shape agree.`] };
    const lines = [
      `The database differs from release ${release ?? 'none'} (- as the release has it, + as it was found):`,
      '',
      ...readableDiff(differences),
      '',
      `${countDifferences(differences)}.`,
    ];
    return { json: result, lines, exit: 4 };
  },
};

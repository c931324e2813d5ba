import { sealRelease } from '@lockstep/core';
import type { Verb } from '../verb.ts';

export const release: Verb = {
  define: (command) =>
    command
      .description('seal a release for the engine of the database: checksums and the fingerprint of its shape')
      .argument('<release>', 'the release, such as 1.2.0'),
  run: async (context, [version = '']) => {
    const sealed = await sealRelease(await context.open(), context.product, version);
    const { file, family, migrations, fingerprint } = sealed;
    return {
      json: sealed,
      lines: [
        `Sealed ${version} for ${family}: ${migrations.length} migrations, shape ${fingerprint.slice(0, 16)}.`,
        `Commit ${file}.`,
      ],
    };
  },
};

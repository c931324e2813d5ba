// Packs the command line into a few files. Node needs a tenth of a second of processor time to find and read several
// hundred modules, at every start; a few files take it a few hundredths.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const cli = fileURLToPath(new URL('../packages/cli/', import.meta.url));

/** Packages with files of their own beside their code. They stay where they are, and are dependencies of the command line. */
const outside = ['@electric-sql/pglite', 'libpg-query'];

export async function bundleCommandLine() {
  rmSync(`${cli}bundle`, { recursive: true, force: true });
  await build({
    input: `${cli}dist/main.js`,
    platform: 'node',
    external: outside,
    // What newer Nodes say themselves. Without it, `pg` loads the code of `fetch` to find out where it runs.
    transform: { define: { navigator: '{"userAgent":"Node.js"}' } },
    logLevel: 'warn',
    output: { dir: `${cli}bundle`, format: 'esm' },
  });
}

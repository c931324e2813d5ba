// Writes docs/ERRORS.md from the table of errors. A test keeps the page current.
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { errorTable } from '@lockstep/core';

const meanings = {
  1: 'failed',
  2: 'wrong usage',
  3: 'refused by a guard; nothing was changed',
  4: 'invalid or drifted',
  5: 'unfinished: run again, or resolve',
  6: 'gave up waiting for another',
};

export function errorsPage() {
  const lines = [
    '# Errors',
    '',
    'Every error has a stable code and an exit code. `{name}` stands for a detail; with `--json` the details are fields.',
    'This page is made from `packages/core/src/errors.ts` by `node scripts/errors-doc.mjs`.',
    '',
    '| exit code | meaning |',
    '|---|---|',
    '| 0 | done |',
    ...Object.entries(meanings).map(([exit, meaning]) => `| ${exit} | ${meaning} |`),
    '',
  ];
  for (const [code, { exit, message, next }] of Object.entries(errorTable).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`## ${code}`, '', `Exit code ${exit}. ${message}`, '', `What to do: ${next}`, '');
  }
  return lines.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(new URL('../docs/ERRORS.md', import.meta.url), errorsPage());
}

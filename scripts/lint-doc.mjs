// Writes docs/lint.md from the rules. A test keeps the page current.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { allRules } from '@lockstep/core';

const page = new URL('../docs/lint.md', import.meta.url);
const mark = '<!-- The rules below are written by `node scripts/lint-doc.mjs`. -->';

const topics = {
  blocking: ['Blocking', 'Others wait for as long as it takes to go through a table.'],
  breaking: ['Breaking', 'Servers of the release before run into errors, or data is gone.'],
  style: ['Style', 'It works, but there is a better way.'],
};

export async function lintPage() {
  const head = readFileSync(page, 'utf8').split(mark)[0];
  const rules = (await allRules()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const sections = Object.entries(topics).flatMap(([topic, [title, meaning]]) => [
    `## ${title}`,
    '',
    meaning,
    '',
    ...rules.filter((rule) => rule.topic === topic).flatMap(section),
  ]);
  return `${head}${mark}\n\n${sections.join('\n').trimEnd()}\n`;
}

function section({ name, severity, problem, instead, families }) {
  const engines = families.length === 3 ? 'every engine' : families.map((family) => names[family]).join(' and ');
  return [`### ${name}`, '', `${severity}, ${engines}. ${problem}`, '', `Better: ${instead}`, ''];
}

const names = { postgres: 'Postgres', mysql: 'MySQL', mariadb: 'MariaDB' };

if (import.meta.url === pathToFileURL(process.argv[1]).href) await writeFile(page, await lintPage());

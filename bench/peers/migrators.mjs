import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from '../../tests/servers/install.mjs';
import { folder, quoted } from '../command.mjs';

const script = join(import.meta.dirname, '../load/migrate-with.mjs');

/**
 * Other migration tools that npm brings, with the same migrations in each one's own form.
 *
 * `together`: all that is pending is one transaction, so that nothing is kept of what ran before a failure.
 * `verifies`: compares the files that have run with what ran.
 *
 * @param {object} engine
 * @param {string[]} statements one for each migration
 * @returns {Promise<{ name: string, together: boolean, verifies: boolean, run: (url: string) => string }[]>}
 */
export async function migrators(engine, statements) {
  const installed = await installPackages('migrators', join(import.meta.dirname, 'migrators'));
  const version = (name) =>
    JSON.parse(readFileSync(join(installed, 'node_modules', name, 'package.json'), 'utf8')).version;
  const isPostgres = engine.family === 'postgres';
  const own = { together: false, verifies: false };
  const asked = [
    { ...own, name: 'node-pg-migrate', on: isPostgres, write: (number, text) => [`${number}_t.sql`, text] },
    { ...own, name: 'knex', on: true, write: (number, text) => [`${number}_t.sql`, text] },
    { ...own, name: 'kysely', on: true, together: isPostgres, write: (number, text) => [`${number}_t.sql`, text] },
    { ...own, name: 'postgrator', on: true, verifies: true, write: (number, text) => [`${number}.do.t.sql`, text] },
    { ...own, name: 'drizzle', package: 'drizzle-orm', on: true, together: true, write: drizzleFile },
    { ...own, name: 'dbmate', package: '@dbmate/linux-x64', on: true, write: dbmateFile },
  ];
  const chosen = asked.filter(({ on }) => on);
  for (const { name, package: from = name } of chosen) console.log(`  ${name} ${version(from)}`);
  return chosen.map(({ name, together, verifies, write }) => {
    const place = join(folder, 'migrators', name);
    mkdirSync(place, { recursive: true });
    for (const [index, text] of statements.entries()) {
      const [file, content] = write(String(index + 1).padStart(4, '0'), text);
      writeFileSync(join(place, file), content);
    }
    if (name === 'drizzle') writeJournal(place, statements.length, isPostgres);
    return { name, together, verifies, run: (url) => commandOf(name, installed, place, urlOf(url)) };
  });
}

function commandOf(name, installed, place, url) {
  if (name !== 'dbmate')
    return `cd ${quoted(installed)} && node ${quoted(script)} ${name} ${quoted(url)} ${quoted(place)}`;
  const program = join(installed, 'node_modules/@dbmate/linux-x64/bin/dbmate');
  const plain = url.startsWith('postgres') ? `${url}?sslmode=disable` : url;
  return `${quoted(program)} --no-dump-schema -d ${quoted(place)} -u ${quoted(plain)} migrate`;
}

/** They know MariaDB as MySQL. */
function urlOf(url) {
  return url.replace(/^mariadb:/, 'mysql:');
}

function drizzleFile(number, text) {
  return [`${number}_t.sql`, text];
}

function dbmateFile(number, text) {
  return [`${number}_t.sql`, `-- migrate:up\n${text}\n-- migrate:down\n`];
}

function writeJournal(place, count, isPostgres) {
  mkdirSync(join(place, 'meta'), { recursive: true });
  const entries = Array.from({ length: count }, (_, index) => {
    const tag = `${String(index + 1).padStart(4, '0')}_t`;
    return { idx: index, version: '7', when: 1_700_000_000_000 + index, tag, breakpoints: true };
  });
  const journal = { version: '7', dialect: isPostgres ? 'postgresql' : 'mysql', entries };
  writeFileSync(join(place, 'meta/_journal.json'), JSON.stringify(journal));
}

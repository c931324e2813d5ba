// npm run tour: the story of a release, a backup, an upgrade and a restore, played on the embedded database in a
// temporary folder. Every command is printed as a person would type it. Ends with 1 if anything is not as told.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = join(import.meta.dirname, '../packages/cli/bin/lockstep.js');
const folder = mkdtempSync(join(tmpdir(), 'lockstep-tour-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

// What the person's own environment says about databases is not for the tour.
const { DATABASE_URL_FILE: _file, LOCKSTEP_BACKUPS: _backups, ...environment } = process.env;
const env = { ...environment, DATABASE_URL: 'pglite:data' };
const copy = '--database-url pglite:copy';
const started = Date.now();

class NotAsTold extends Error {}

try {
  await play();
  say(`\nAll of it was as told, in ${Math.round((Date.now() - started) / 1000)} seconds.`);
} catch (error) {
  if (!(error instanceof NotAsTold)) throw error;
  say(`\nThis is not as told: ${error.message}`);
  process.exitCode = 1;
}

async function play() {
  say(
    'A tour of Lockstep on the embedded database, in a temporary folder. It takes less than a minute on an idle machine.',
  );

  chapter('1', 'A server at release 1.0.0, with data');
  say('The catalog is the product. Its migrations bring an empty database to the first release.');
  say('\n    $ export DATABASE_URL=pglite:data');
  await lockstep('migrate --to 1.0.0', { tells: 'from empty to release 1.0.0' });
  say('\nPeople use it for a while. Generated metadata stands for what they write.');
  await lockstep('sample --tables 100', { tells: 'for release 1.0.0' });

  chapter('2', 'A backup');
  say('It is taken in one consistent snapshot, and stamped with the release and the shape of the database.');
  say('The last line is the content root: one number for the shape and every row.');
  const taken = await lockstep('backup --to backups', { tells: 'catalog 1.0.0' });
  const backup = `backups/${theOnlyFile('backups')}`;

  chapter('3', 'The upgrade to 1.2.0');
  say('Servers are shut out, a backup of its own is taken and verified, and five migrations run. Then everything that');
  say('no migration declares to change is compared with that backup, column by column.');
  await lockstep('upgrade --backup-to before-upgrade', {
    tells: 'from 1.0.0 to release 1.2.0',
    also: ['Compared: 6 tables are equal'],
  });

  chapter('4', 'The backup does not fit any more');
  say('It is of 1.0.0 and the database is at 1.2.0. Nothing is written; the refusal says what to do (exit code 3).');
  await lockstep(`restore ${backup}`, { code: 3, tells: 'BACKUP_OTHER_RELEASE' });

  chapter('5', 'A clean database takes it');
  say(
    'Every byte of the file is checked first. The shape is built by the migrations of 1.0.0, the rows are loaded, read',
  );
  say('back and compared. The database opens only after that.');
  await lockstep(`restore ${backup} ${copy}`, { tells: 'Restored release 1.0.0: ', also: ['all equal to the backup'] });
  const restored = await lockstep(`digest ${copy}`, { tells: 'content ', shows: ['content '] });
  expectEqual(contentOf(restored), contentOf(taken), 'the content root of the restored database is that of the backup');
  say('\nThe same content root as in the backup.');

  chapter('6', 'Carried forward');
  say('The copy is upgraded like the first database.');
  await lockstep(`upgrade --backup-to before-upgrade ${copy}`, {
    tells: 'from 1.0.0 to release 1.2.0',
    shows: ['The database went'],
  });

  chapter('7', 'Nothing was lost');
  say(
    'One database was upgraded. The other was restored from a backup and upgraded. Every row of every table is equal.',
  );
  const first = await lockstep('digest', { tells: 'content ' });
  const second = await lockstep(`digest ${copy}`, { tells: 'content ', shows: ['content '] });
  expectEqual(second.stdout, first.stdout, 'both databases hold the same');
}

/**
 * Runs `lockstep` and prints the command and its output.
 *
 * @param {string} command what a person would type behind `npx lockstep`
 * @param {{ tells: string, also?: string[], code?: number, shows?: string[] }} told what its output has to say and how
 *   it has to end; `shows` are the only lines to print, by how they begin
 */
async function lockstep(command, { tells, also = [], code = 0, shows }) {
  say(`\n    $ npx lockstep ${command}`);
  const outcome = await run(command.split(' '));
  const printed = code === 0 ? outcome.stdout : outcome.stderr;
  const lines = printed.trimEnd().split('\n');
  for (const line of lines) {
    if (!shows || shows.some((start) => line.startsWith(start))) say(`      ${line}`.trimEnd());
  }
  const everything = `${outcome.stdout}${outcome.stderr}`;
  if (outcome.code !== code) throw new NotAsTold(`it ended with ${outcome.code} instead of ${code}.\n${everything}`);
  for (const text of [tells, ...also]) {
    if (!printed.includes(text)) throw new NotAsTold(`its output does not say "${text}".\n${everything}`);
  }
  return outcome;
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr: refusalOf(stderr) }));
  });
}

/** What an error says, without the progress before it. */
function refusalOf(stderr) {
  const lines = stderr.split('\n');
  const at = lines.findIndex((line) => /^[A-Z_]+: /.test(line));
  return at < 0 ? stderr : lines.slice(at).join('\n');
}

function theOnlyFile(name) {
  const files = readdirSync(join(folder, name));
  if (files.length !== 1) throw new NotAsTold(`${name} holds ${files.length} files instead of one.`);
  return files[0];
}

function contentOf({ stdout }) {
  return /^content ([0-9a-f]{64})$/m.exec(stdout)?.[1] ?? 'none';
}

function expectEqual(found, expected, what) {
  if (found !== expected) throw new NotAsTold(`${what}.\n${expected}\n${found}`);
}

function chapter(number, title) {
  say(`\n${number}. ${title}\n`);
}

function say(text) {
  console.log(text);
}

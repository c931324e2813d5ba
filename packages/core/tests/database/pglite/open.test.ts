import { openPglite } from '#core/database/pglite/open.js';
import { tryLockFolder } from '#core/database/pglite/folder-lock.js';
import { runWorker } from '#core/database/pglite/host.js';
import { ownRecord, readRecord } from '#core/database/pglite/lock-record.js';
import { sql } from '#core/database/sql.js';
import type { Database, Row } from '#core/database/database.js';
import { LockstepError } from '#core/errors.js';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { runProgram } from '../../../../../tests/fixtures/program.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = join(await temporaryFolder(), 'some/data');
});

async function rowsOf(database: Database, query: ReturnType<typeof sql>): Promise<Row[]> {
  const session = await database.session({ schemas: ['public'] });
  try {
    return await session.query(query);
  } finally {
    await session.close();
  }
}

describe('a folder', () => {
  let closed: string;

  beforeAll(async () => {
    closed = join(await temporaryFolder(), 'data');
    const database = await openPglite(`pglite:${closed}`);
    await database.close();
  });

  it('is made if it is missing, and holds what was written when it is opened again', async () => {
    const database = await openPglite(`pglite:${folder}`);
    expect(database).toMatchObject({ engine: 'PGlite', family: 'postgres', tested: true, parallelSessions: 1 });
    expect(database.version).toMatch(/^18\.\d+$/);
    expect(database.location).toBe(`pglite:${folder}`);
    const session = await database.session({ schemas: ['public'] });
    await session.execute('CREATE TABLE item (id int PRIMARY KEY)');
    await session.execute('INSERT INTO item VALUES (1)');
    await session.execute('CREATE EXTENSION pgcrypto; CREATE EXTENSION pg_trgm; CREATE EXTENSION hstore');
    await database.close();

    const again = await openPglite(`pglite:${folder}`);
    const found = sql`SELECT id, encode(digest('a', 'md5'), 'hex') AS hash, similarity('abc', 'abc') AS same FROM item`;
    expect(await rowsOf(again, found)).toEqual([{ id: '1', hash: '0cc175b9c0f1b6a831c399e269772661', same: '1' }]);
    await again.close();
    await again.close();
  });

  it('may be one that initdb has made', async () => {
    mkdirSync(folder, { recursive: true });
    await runWorker({ folder, idleSeconds: 1 });
    const database = await openPglite(`pglite:${folder}`);
    expect(await rowsOf(database, sql`SELECT 1 AS one`)).toEqual([{ one: '1' }]);
    await database.close();
  });

  it('is refused if it is something else, and nothing is written', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const refused = { code: 'FOLDER_FOREIGN', message: expect.stringContaining('notes.txt') };
    await expect(openPglite(`pglite:${folder}`)).rejects.toMatchObject(refused);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
    await expect(openPglite(`pglite:${folder}/notes.txt`)).rejects.toMatchObject({ code: 'FOLDER_FOREIGN' });
    await expect(openPglite(`pglite:${folder}/notes.txt/data`)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('is refused while a Postgres server uses it', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'PG_VERSION'), '18\n');
    writeFileSync(join(folder, 'postmaster.pid'), '4711\n/srv/data\n');
    await expect(openPglite(`pglite:${folder}`)).rejects.toMatchObject({ code: 'FOLDER_FOREIGN' });
  });

  it('of another version is refused, with the way to carry it over', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'PG_VERSION'), '17\n');
    const error = await openPglite(`pglite:${folder}`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'FOLDER_OTHER_VERSION', details: { found: '17', needed: '18' } });
    const { next } = error instanceof LockstepError ? error : { next: '' };
    expect(next).toContain(`lockstep backup --database-url pglite:${folder} --to ${folder}-backups`);
    expect(next).toContain(`lockstep restore ${folder}-backups/FILE --database-url pglite:${folder}-18`);
    expect(readdirSync(folder)).toEqual(['PG_VERSION']);
  });

  it('that is damaged is refused with what Postgres says', async () => {
    cpSync(closed, folder, { recursive: true });
    writeFileSync(join(folder, 'global/pg_control'), Buffer.alloc(8192));
    await expect(openPglite(`pglite:${folder}`)).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('incompatible'),
    });
    expect(existsSync(join(folder, 'lockstep.lock'))).toBe(false);
  });

  it('has to be named in the URL', async () => {
    for (const url of ['pglite:', 'pglite://host/data', 'postgres://host/data', 'pglite:a\0b']) {
      await expect(openPglite(url)).rejects.toMatchObject({ code: 'URL_INVALID' });
    }
  });

  it('is left alone when nobody has it', () => {
    expect(readdirSync(closed).filter((name) => name.startsWith('lockstep') || name === 'postmaster.pid')).toEqual([]);
  });
});

/** Moments of the first start of a database, as they look from outside. */
const moments: Readonly<Record<string, (data: string) => boolean>> = {
  'the lock is taken': (data) => existsSync(join(data, 'lockstep.lock')),
  'files are written': (data) => existsSync(join(data, 'lockstep.new/base')),
  'files are moved': (data) => existsSync(join(data, 'base')),
  'all files are moved': (data) => existsSync(join(data, 'PG_VERSION')),
  'the engine starts': (data) => existsSync(join(data, 'postmaster.pid')),
};

describe('a first start that is killed', () => {
  it.each(Object.keys(moments))('is begun again or finished by the next one: when %s', async (moment) => {
    const reached = moments[moment] ?? (() => false);
    const writer = start(folder);
    while (!reached(folder)) await sleep(1);
    await killed(writer);
    expect(writer.lines).toEqual([]);

    const database = await openPglite(`pglite:${folder}`, { waitSeconds: 0 });
    expect(await rowsOf(database, sql`SELECT count(*) > 100 AS whole FROM pg_class`)).toEqual([{ whole: 't' }]);
    await database.close();
    expect(existsSync(join(folder, 'lockstep.new'))).toBe(false);
  });

  it('does not make the next one remove files that are not of a database', async () => {
    mkdirSync(join(folder, 'lockstep.new'), { recursive: true });
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await expect(openPglite(`pglite:${folder}`)).rejects.toMatchObject({ code: 'FOLDER_FOREIGN' });
    expect(readdirSync(folder).toSorted()).toEqual(['lockstep.new', 'notes.txt']);
  });
});

interface Writer {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  readonly lines: string[];
  said(line: string): Promise<void>;
}

/** A process that writes rows to the folder. */
function start(data: string, ...more: string[]): Writer {
  const program = fileURLToPath(new URL('write-rows.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, data, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  atEnd(async () => void child.kill('SIGKILL'));
  const said = async (line: string): Promise<void> => {
    while (!lines.includes(line)) {
      if (child.exitCode !== null) throw new Error(`The writer ended with code ${child.exitCode}.`);
      await sleep(10);
    }
  };
  return { process: child, lines, said };
}

async function killed(writer: Writer): Promise<void> {
  writer.process.kill('SIGKILL');
  await once(writer.process, 'exit');
}

describe('a process that is killed while it writes', () => {
  it('leaves every acknowledged row, and a folder that opens at once', async () => {
    for (let round = 1; round <= 2; round += 1) {
      const writer = start(folder);
      await writer.said(String(round * 150));
      const socket = readRecord(join(folder, 'lockstep.lock'))?.record.socket ?? '';
      await killed(writer);
      const acknowledged = Number(writer.lines.at(-1));
      expect(acknowledged).toBeGreaterThanOrEqual(round * 150);

      expect(existsSync(socket)).toBe(true);
      const database = await openPglite(`pglite:${folder}`, { waitSeconds: 0 });
      expect(existsSync(socket)).toBe(false);
      const [row] = await rowsOf(database, sql`SELECT count(*) AS rows, max(id) AS last FROM item`);
      expect(Number(row?.['rows'])).toBe(Number(row?.['last']));
      expect(Number(row?.['last'])).toBeGreaterThanOrEqual(acknowledged);
      await rowsOf(database, sql`SELECT text FROM item WHERE text <> repeat(md5(id::text), 20)`).then((wrong) =>
        expect(wrong).toEqual([]),
      );
      const session = await database.session({ schemas: ['public'] });
      await session.execute(`CREATE EXTENSION IF NOT EXISTS amcheck; SELECT bt_index_check('item_pkey', true)`);
      await database.close();
    }
  });
});

describe('many processes that open a new folder at once', () => {
  it('have it one after the other', async () => {
    const program = fileURLToPath(new URL('add-row.mjs', import.meta.url));
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => runProgram(process.execPath, [program, folder])),
    );
    expect(outcomes).toEqual(outcomes.map(() => ({ code: 0, stdout: '', stderr: '' })));
    const database = await openPglite(`pglite:${folder}`);
    expect(await rowsOf(database, sql`SELECT count(DISTINCT process) AS rows FROM row_of`)).toEqual([{ rows: '5' }]);
    await database.close();
  });
});

describe('a folder that another process has', () => {
  let host: Writer;

  beforeAll(async () => {
    host = start(join(await temporaryFolder(), 'data'));
    await host.said('open');
  });

  const taken = (): string => host.process.spawnargs[2] ?? '';

  it('is waited for, up to a limit', async () => {
    const told: unknown[] = [];
    const opening = openPglite(`pglite:${taken()}`, {
      waitSeconds: 1,
      onProgress: (progress) => void told.push(progress),
    });
    await expect(opening).rejects.toMatchObject({
      code: 'FOLDER_HELD',
      exit: 6,
      details: { process: String(host.process.pid), purpose: 'write' },
    });
    const holder = expect.stringContaining(`process ${host.process.pid} `);
    expect(told).toEqual([{ kind: 'waiting', holder, seconds: 0 }]);
  });

  it('is waited for until the caller gives up', async () => {
    const stop = new AbortController();
    const opening = openPglite(`pglite:${taken()}`, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is opened when that process ends', async () => {
    const opening = openPglite(`pglite:${taken()}`, { onProgress: () => void host.process.kill('SIGKILL') });
    const database = await opening;
    expect(await rowsOf(database, sql`SELECT 1 AS one FROM item LIMIT 1`)).toEqual([{ one: '1' }]);
    await database.close();
  });
});

describe('a guest of a server', () => {
  let host: Writer;
  let data: string;
  let guest: Database;

  beforeAll(async () => {
    data = join(await temporaryFolder(), 'data');
    host = start(data, 'serve');
    await host.said('5');
    guest = await openPglite(`pglite:${data}`, { purpose: 'info', waitSeconds: 0 });
  });

  it('works on the same database beside it', async () => {
    const count = sql`SELECT count(*) AS rows FROM item`;
    const [first] = await rowsOf(guest, count);
    await host.said(String(Number(first?.['rows']) + 5));
    const [second] = await rowsOf(guest, count);
    expect(Number(second?.['rows'])).toBeGreaterThan(Number(first?.['rows']));
  });

  it('reads one moment while the server waits', async () => {
    const snapshot = await guest.snapshot(['public']);
    const table = snapshot.shape.tables.find(({ name }) => name === 'item');
    const [row] = await snapshot.session.query(sql`SELECT count(*) AS rows FROM public.item`);
    let lines = 0;
    if (table !== undefined)
      for await (const piece of snapshot.read(table)) lines += piece.toString().split('\n').length - 1;
    expect(lines).toBe(Number(row?.['rows']));
    await snapshot.close();
    await host.said(String(lines + 3));
  });

  it('leaves the server at work when it closes', async () => {
    const other = await openPglite(`pglite:${data}`, { purpose: 'info', waitSeconds: 0 });
    await other.close();
    const next = String(Number(host.lines.at(-1)) + 5);
    await host.said(next);
    expect(host.lines).toContain(next);
  });

  it('learns of the end of the server', async () => {
    const session = await guest.session();
    await killed(host);
    await expect(session.query(sql`SELECT 1`)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    const database = await openPglite(`pglite:${data}`, { waitSeconds: 0 });
    await database.close();
  });
});

describe('an open database', () => {
  let database: Database;
  const history = { schema: 'public', table: 'flyway_schema_history' };

  beforeAll(async () => {
    // Other tests make scratch databases too.
    process.env['TMPDIR'] = await temporaryFolder();
    database = await openPglite(`pglite:${join(await temporaryFolder(), 'data')}`, { serves: true });
    atEnd(() => database.close());
  });

  it('has a migration lock', async () => {
    const first = await database.tryLock(history, 'migrate of release 1.0.0');
    expect(first.held).toBe(true);
    expect(await database.tryLock(history, 'another')).toEqual({
      held: false,
      holder: `migrate of release 1.0.0 (process ${process.pid})`,
      isNamed: true,
    });
    const other = await database.tryLock({ ...history, schema: 'other' }, 'another');
    expect(other.held).toBe(true);
    for (const attempt of [first, other]) {
      if (!attempt.held) continue;
      await attempt.lock.check();
      await attempt.lock.release();
      await attempt.lock.release();
      await expect(attempt.lock.check()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    }
    const again = await database.tryLock(history, 'again');
    expect(again.held).toBe(true);
    if (again.held) await again.lock.release();
  });

  it('gives the lock to one of many at a time, guests among them', async () => {
    const guest = await openPglite(database.location);
    const attempts = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? guest : database).tryLock(history, `holder ${index}`),
      ),
    );
    expect(attempts.filter(({ held }) => held)).toHaveLength(1);
    for (const attempt of attempts) if (attempt.held) await attempt.lock.release();
    await guest.close();
  });

  it('keeps the lock while the backend is busy', async () => {
    const attempt = await database.tryLock(history, 'busy');
    const session = await database.session();
    await session.transaction(async () => {
      await session.query(sql`SELECT pg_sleep(0.2)`);
      if (attempt.held) await attempt.lock.check();
    });
    await session.close();
    if (attempt.held) await attempt.lock.release();
  });

  it('makes scratch databases that nobody else sees, and that are gone when they are dropped', async () => {
    const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('lockstep-scratch-'));
    const before = folders();
    const scratch = await database.scratch();
    const session = await scratch.database.session({ schemas: ['public'] });
    await session.execute('CREATE TABLE only_here (id int)');
    expect(await rowsOf(database, sql`SELECT to_regclass('only_here') AS found`)).toEqual([{ found: null }]);
    expect(folders().length).toBe(before.length + 1);
    await scratch.drop();
    expect(folders()).toEqual(before);
  });

  it('removes scratch databases of processes that were killed', async () => {
    const left = join(tmpdir(), `lockstep-scratch-left${process.pid}`);
    mkdirSync(left);
    const record = { ...ownRecord('scratch', '', false), process: 2 ** 30 };
    writeFileSync(join(left, 'lockstep.lock'), JSON.stringify(record));
    const scratch = await database.scratch();
    await scratch.drop();
    expect(existsSync(left)).toBe(false);
  });
});

describe('a database whose engine stops', () => {
  it('tells its clients why, and lets the folder go', async () => {
    const database = await openPglite(`pglite:${folder}`);
    atEnd(() => database.close());
    const session = await database.session({ schemas: ['public'] });
    const warned = once(process, 'warning');
    renameSync(join(folder, 'pg_wal'), join(folder, 'pg_gone'));
    const failing = session.execute('SELECT pg_switch_wal(); CREATE TABLE item (id int)');
    await expect(failing).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('pg_wal'),
    });
    await expect(session.query(sql`SELECT 1`)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(String(await warned)).toContain('pg_wal');
    await expect.poll(() => existsSync(join(folder, 'lockstep.lock'))).toBe(false);
  });
});

describe('closing', () => {
  it('rolls back what is open, and tells guests', async () => {
    const database = await openPglite(`pglite:${folder}`, { serves: true });
    const guest = await openPglite(`pglite:${folder}`);
    const ofGuest = await guest.session();
    const session = await database.session({ schemas: ['public'] });
    await session.execute('CREATE TABLE item (id int)');
    await session.execute('BEGIN; INSERT INTO item VALUES (1)');
    expect(tryLockFolder(folder, ownRecord('test', '', false))).toMatchObject({ process: process.pid });
    await database.close();
    await expect(ofGuest.query(sql`SELECT 1`)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(guest.session()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });

    const again = await openPglite(`pglite:${folder}`, { waitSeconds: 0 });
    expect(await rowsOf(again, sql`SELECT count(*) AS rows FROM item`)).toEqual([{ rows: '0' }]);
    await again.close();
    await expect(again.session()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });
});

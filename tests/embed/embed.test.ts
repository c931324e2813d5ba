import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { blocksOf, root } from '../docs/page.ts';
import { atEnd } from '../fixtures/cleanup.ts';
import { someEngine } from '../fixtures/engines.ts';
import { freePort } from '../fixtures/free-port.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { until } from '../fixtures/until.ts';

/** Where the servers of docs/embed.md stand, with a product whose release 1.0.0 is sealed. */
let app: string;

const engine = someEngine('postgres');
const next = 'node_modules/next/dist/bin/next';

beforeAll(async () => {
  const installed = await install();
  app = await mkdtemp(join(installed, 'app-'));
  atEnd(() => rm(app, { recursive: true, force: true, maxRetries: 5 }));
  await installCore();
  for (const { language, text } of blocksOf('docs/embed.md')) {
    const name = /^\/\/ (\S+)\n/.exec(text)?.[1];
    if (language === 'js' && name) await writeFile(join(app, name), text);
  }
  await mkdir(join(app, 'pages'));
  await writeFile(join(app, 'pages/index.js'), page);
  await mkdir(join(app, 'migrations'));
  await writeFile(join(app, 'migrations/V1.0.0.1__shop.sql'), 'CREATE TABLE shop (id int PRIMARY KEY);\n');
  await configure('1.0.0');
  const { url } = await freshDatabase(engine);
  await succeed(url, ['release', '1.0.0'], { cwd: app });
}, 300_000);

it.each(['fastify.mjs', 'express.mjs'])(
  '%s migrates, serves, and gives its lease back',
  { timeout: 120_000 },
  async (file) => {
    const { url } = await freshDatabase(engine);
    // Two at once: one migrates, the other waits for it.
    const servers = await Promise.all([start(url, [file]), start(url, [file])]);
    for (const server of servers) {
      await until(async () => (await server.get()) !== undefined, server.said);
      expect(JSON.parse((await server.get()) ?? '')).toEqual({ release: '1.0.0' });
    }
    expect(await leases(url)).toHaveLength(2);
    expect(await Promise.all(servers.map((server) => server.end()))).toEqual([0, 0]);
    expect(await leases(url)).toEqual([]);
  },
);

it.each([['fastify.mjs'], ['express.mjs'], [next, 'start']])(
  '%s refuses a newer database',
  { timeout: 120_000 },
  async (...args) => {
    if (args[0] === next) await build();
    const { url } = await newerDatabase();
    const server = await start(url, args);
    expect(await server.ended).toBe(args[0] === next ? 3 : 1);
    expect(server.said()).toContain('DATABASE_NEWER');
  },
);

it('next migrates, serves, and gives its lease back', { timeout: 120_000 }, async () => {
  await build();
  const { url } = await freshDatabase(engine);
  const server = await start(url, [next, 'start'], { NEXT_MANUAL_SIG_HANDLE: 'true' });
  await until(async () => (await server.get())?.includes('a shop') ?? false, server.said);
  expect(await leases(url)).toHaveLength(1);
  expect(await server.end()).toBe(0);
  expect(await leases(url)).toEqual([]);
});

it('migrates and validates step by step', async () => {
  const { url } = await freshDatabase(engine);
  const run = (): Promise<{ stdout: string }> =>
    runProgram(process.execPath, ['migrate.mjs'], { cwd: app, env: { DATABASE_URL: url } });
  expect((await run()).stdout).toBe('{"from":null,"to":"1.0.0","applied":["1.0.0.1"]}\n{"drifted":false}\n');
  expect((await run()).stdout).toBe('{"from":"1.0.0","to":"1.0.0","applied":[]}\n{"drifted":false}\n');
});

const page = `export const getServerSideProps = () => ({ props: {} });
export default function Page() { return 'a shop'; }
`;

async function install(): Promise<string> {
  const script = `import { installPackages } from ${JSON.stringify(join(root, 'tests/servers/install.mjs'))};
    process.stdout.write(await installPackages('embed', ${JSON.stringify(join(import.meta.dirname, 'servers'))}));`;
  const { code, stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', script]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** As npm would put it there. What it depends on stays where it is: a copy, so that Next finds the package inside of the app. */
async function installCore(): Promise<void> {
  const core = join(root, 'packages/core');
  const manifest = fieldsOf(JSON.parse(await readFile(join(core, 'package.json'), 'utf8')));
  const place = join(app, 'node_modules/@lockstep/core');
  await cp(join(core, 'dist'), join(place, 'dist'), { recursive: true });
  await cp(join(core, 'package.json'), join(place, 'package.json'));
  const names = ['dependencies', 'optionalDependencies'].flatMap((kind) => Object.keys(fieldsOf(manifest[kind])));
  for (const name of names) {
    const link = join(app, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link);
  }
}

async function configure(version: string): Promise<void> {
  const config = { name: 'shop', version, migrations: './migrations', schemas: ['public'] };
  await writeFile(join(app, 'lockstep.config.json'), JSON.stringify(config));
}

/** A database that code of release 2.0.0 has migrated. */
async function newerDatabase(): Promise<{ readonly url: string }> {
  const database = await freshDatabase(engine);
  const added = join(app, 'migrations/V2.0.0.1__more.sql');
  await writeFile(added, 'CREATE TABLE more (id int PRIMARY KEY);\n');
  const sealed = await readFile(join(app, 'migrations/releases.json'));
  await configure('2.0.0');
  const { url } = await freshDatabase(engine);
  await succeed(url, ['release', '2.0.0'], { cwd: app });
  await succeed(database.url, ['migrate'], { cwd: app });
  await configure('1.0.0');
  await writeFile(join(app, 'migrations/releases.json'), sealed);
  await rm(added);
  return database;
}

let built: Promise<void> | undefined;

/** Builds the app with Next, once. */
function build(): Promise<void> {
  built ??= buildNow();
  return built;
}

async function buildNow(): Promise<void> {
  const { code, stdout, stderr } = await runProgram(process.execPath, [join(app, '..', next), 'build'], { cwd: app });
  if (code !== 0) throw new Error(stdout + stderr);
}

interface Server {
  /** The answer to GET /, or undefined while it does not listen. */
  readonly get: () => Promise<string | undefined>;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
  /** Sends SIGTERM; gives the exit code. */
  readonly end: () => Promise<number | null>;
}

async function start(
  url: string,
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await freePort();
  const script = file === next ? join(app, '..', next) : file;
  const child = spawn(process.execPath, [script, ...args], {
    cwd: app,
    env: { ...process.env, NODE_ENV: undefined, DATABASE_URL: url, PORT: String(port), ...env },
  });
  atEnd(async () => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  return {
    get: async () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        (answer) => answer.text(),
        () => undefined,
      ),
    said: () => said,
    ended,
    end: async () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function leases(url: string): Promise<readonly unknown[]> {
  const info = await succeed(url, ['info'], { cwd: app });
  return Array.isArray(info['leases']) ? info['leases'] : [];
}
